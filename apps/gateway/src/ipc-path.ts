import path from 'node:path'

/** The IPC socket's name in a data directory. geth's is `geth.ipc`. */
const IPC_FILE = 'ethspan.ipc'

/** The node's IPC socket: in its data directory, on Windows a pipe of that name, as in geth. */
export function ipcPathIn(dataDir: string, name = IPC_FILE): string {
  if (process.platform === 'win32') return name.startsWith('\\\\.\\pipe\\') ? name : `\\\\.\\pipe\\${name}`
  return path.basename(name) === name ? path.join(path.resolve(dataDir), name) : name
}
