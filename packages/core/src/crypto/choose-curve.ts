// Chosen by the package's `imports` map as `#curve` wherever there is no Node. A page's own budget is smaller than the WASM.
import type { Curve } from './curve.js'
import { nobleCurve } from './noble-curve.js'

/** The {@link Curve} that is at hand. */
export const curve = (): Curve => nobleCurve

/** The best {@link Curve} of this platform. */
export const loadCurve = (): Promise<Curve> => Promise.resolve(nobleCurve)
