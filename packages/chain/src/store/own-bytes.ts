/**
 * The same bytes in a buffer of their own. A view into a message would keep all of the message: in memory, and in IndexedDB,
 * which clones the whole buffer.
 */
export const ownBytes = (bytes: Uint8Array): Uint8Array =>
  bytes.byteLength === bytes.buffer.byteLength ? bytes : new Uint8Array(bytes)
