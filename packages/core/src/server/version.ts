/** The version of this package, as it appears in the default client name. A test holds it to package.json. */
export const VERSION = '0.1.0'
