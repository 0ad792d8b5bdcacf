/** A protocol's name and version, as told in Hello. */
export interface Cap {
  /** At most 8 ASCII characters, as geth requires. */
  readonly name: string
  readonly version: number
}

/** `eth/68`: how people write a capability. */
export const capString = (cap: Cap): string => `${cap.name}/${cap.version}`
