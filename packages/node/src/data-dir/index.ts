// `@ethspan/node/data-dir`, for Node only: what a node keeps on disk, and the file it is configured by.
export { readConfigFile } from './config-file.js'
export { type OpenDataDirOptions, openDataDir } from './data-dir.js'
export { levelStore } from './level-store.js'
export { KEY_FILE, readKeyFile } from './node-key.js'
export { systemErrorText, unwritableText } from './system-error.js'
