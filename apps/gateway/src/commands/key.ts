// `ethspan key`: node keys in files, as geth's `devp2p key` does.
import { writeFileSync } from 'node:fs'
import {
  asError,
  bytesToHex,
  ENR,
  type Endpoint,
  Enode,
  EthspanError,
  endpointEntries,
  generatePrivateKey,
  keccak256,
  publicKeyOf,
  type RecordEntries,
} from '@ethspan/core'
import { readKeyFile, unwritableText } from '@ethspan/node/data-dir'
import { json, type Output } from './output.js'

/** How a node can be reached, as `to-enode` and `to-enr` are told. */
export interface KeyAddress {
  readonly ip: string
  readonly tcp: number
  readonly udp: number
  /** A `ws://` or `wss://` URL. */
  readonly ws?: string
}

export type KeyCommand =
  | { readonly action: 'generate'; readonly file: string; readonly json: boolean }
  | { readonly action: 'to-id'; readonly file: string; readonly json: boolean }
  | { readonly action: 'to-enode'; readonly file: string; readonly json: boolean; readonly address: KeyAddress }
  | {
      readonly action: 'to-enr'
      readonly file: string
      readonly json: boolean
      readonly address: KeyAddress
      readonly seq: number
    }

/** @throws {EthspanError} ERR_DATA_DIR, ERR_INVALID_KEY for a file that can't be used; ERR_INVALID_ENODE, ERR_INVALID_ENR */
export function key(command: KeyCommand, { out }: Output): void {
  const { file } = command
  if (command.action === 'generate') {
    const privateKey = generatePrivateKey()
    writeNewKeyFile(file, privateKey)
    const id = idOf(privateKey)
    out(command.json ? json({ file, id, publicKey: bytesToHex(publicKeyOf(privateKey)) }) : `${id}\n`)
    return
  }
  const privateKey = readKeyFile(file)
  const tell = (name: string, value: string) => out(command.json ? json({ file, [name]: value }) : `${value}\n`)
  if (command.action === 'to-id') tell('id', idOf(privateKey))
  else if (command.action === 'to-enode')
    tell('enode', new Enode(publicKeyOf(privateKey), endpointOf(command.address)).toString())
  else tell('enr', ENR.sign(privateKey, BigInt(command.seq), recordEntries(command.address)).toString())
}

const idOf = (privateKey: Uint8Array) => bytesToHex(keccak256(publicKeyOf(privateKey)))

/** A record tells the TCP address beside that of the WebSocket. */
const recordEntries = ({ ip, tcp, udp, ws }: KeyAddress): RecordEntries =>
  endpointEntries({ host: ip, tcpPort: tcp, udpPort: udp, ...(ws === undefined ? {} : { ws }) })

const endpointOf = ({ ip, tcp, udp, ws }: KeyAddress): Endpoint =>
  ws === undefined ? { host: ip, tcpPort: tcp, udpPort: udp } : { ws }

/** Never over what is there: a key that is gone is an identity that is gone. */
function writeNewKeyFile(file: string, privateKey: Uint8Array): void {
  try {
    writeFileSync(file, bytesToHex(privateKey), { flag: 'wx', mode: 0o600 })
  } catch (cause) {
    const exists = (asError(cause) as NodeJS.ErrnoException).code === 'EEXIST'
    const why = exists ? 'the file exists already' : unwritableText(cause)
    throw new EthspanError('ERR_INVALID_OPTION', `can't write the node key ${file}: ${why}`, { cause })
  }
}
