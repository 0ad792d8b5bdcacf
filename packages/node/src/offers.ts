import { EthspanError } from '@ethspan/core'
import type { ServiceKey } from './key.js'

interface Offer {
  readonly service: string
  readonly value: unknown
}

/** What the services of one node offer to each other. */
export class Offers {
  readonly #byName = new Map<string, Offer>()

  offer<T>(service: string, key: ServiceKey<T>, value: T): void {
    const taken = this.#byName.get(key.name)
    if (taken !== undefined) {
      throw new EthspanError(
        'ERR_STATE',
        `the service "${service}" can't offer "${key.name}": "${taken.service}" offers it already`,
        { fields: { key: key.name, service, takenBy: taken.service } },
      )
    }
    this.#byName.set(key.name, { service, value })
  }

  find<T>(key: ServiceKey<T>): T | undefined {
    // What was put in under a key of this name had the key's type.
    return this.#byName.get(key.name)?.value as T | undefined
  }

  need<T>(service: string, key: ServiceKey<T>): T {
    const offer = this.#byName.get(key.name)
    if (offer !== undefined) return offer.value as T
    throw new EthspanError('ERR_STATE', `the service "${service}" needs "${key.name}", which none before it offers`, {
      fields: { key: key.name, service },
      hint: `Register the service that offers "${key.name}" before "${service}".`,
    })
  }
}
