/**
 * Names what one service offers to others: the type travels with the key, so that a service asks for an interface and
 * never imports the service behind it. Made once, in a file of interfaces both sides import.
 */
export interface ServiceKey<T> {
  readonly name: string
  /** Carries the type only; never there at run time. */
  readonly type?: T
}

/** A key for values of type `T`. Keys with the same name are the same key; prefix it with the package, `chain/chain`. */
export const serviceKey = <T>(name: string): ServiceKey<T> => ({ name })
