import { expect, test } from 'vitest'
import { curve, loadCurve } from '../../src/crypto/choose-curve.js'
import { describeCurve } from './curve-conformance.js'

describeCurve('curve of browsers', loadCurve)

test('it is noble, which is there at once', async () => {
  expect(await loadCurve()).toBe(curve())
  expect(curve()).toMatchObject({ name: 'noble', isFast: false })
})
