import { systemClock, systemRandomBytes } from '#platform'
import { checkPrivateKey } from '../crypto/secp256k1.js'
import { Enode } from '../enode/enode.js'
import { EthspanError } from '../errors.js'
import { defaultLimits, type Limits } from '../limits.js'
import { encodeHello } from '../peer/base-protocol.js'
import { capString } from '../peer/cap.js'
import type { Protocol } from '../peer/protocol.js'
import { ourHello } from '../peer/say-hello.js'
import { silentLogger } from '../platform/logger.js'
import type { ServerOptions } from './options.js'
import { VERSION } from './version.js'

/** Geth: `maxPeers` of its default configuration. */
const DEFAULT_MAX_PEERS = 50
/** Geth: `defaultMaxPendingPeers`. */
const DEFAULT_MAX_PENDING = 50
/** Geth: `defaultDialRatio`. */
const DEFAULT_DIAL_RATIO = 3
/** Source: rlpx.md, "Hello": capability names are short ASCII; geth refuses longer ones. */
const CAP_NAME = /^[\x21-\x7e]{1,8}$/

/** A server's options with every default filled in. */
export type CheckedOptions = Required<
  Omit<ServerOptions, 'privateKey' | 'limits' | 'meter' | 'trace' | 'createCrypto'>
> & {
  readonly privateKey: Uint8Array
  readonly limits: Limits
  readonly staticNodes: readonly Enode[]
  readonly trustedNodes: readonly Enode[]
  readonly meter: ServerOptions['meter']
  readonly trace: ServerOptions['trace']
  readonly createCrypto: ServerOptions['createCrypto']
}

/**
 * Checks what the user gave and fills in the rest.
 * @throws {EthspanError} ERR_INVALID_OPTION, ERR_INVALID_KEY, ERR_INVALID_ENODE.
 */
export function checkOptions(options: ServerOptions): CheckedOptions {
  const checked: CheckedOptions = {
    privateKey: checkPrivateKey(options.privateKey),
    name: options.name ?? `ethspan/v${VERSION}`,
    transports: options.transports,
    protocols: options.protocols ?? [],
    maxPeers: wholeNumber('maxPeers', options.maxPeers, DEFAULT_MAX_PEERS, 0),
    maxPendingInbound: wholeNumber('maxPendingInbound', options.maxPendingInbound, DEFAULT_MAX_PENDING, 1),
    maxPendingOutbound: wholeNumber('maxPendingOutbound', options.maxPendingOutbound, DEFAULT_MAX_PENDING, 1),
    dialRatio: wholeNumber('dialRatio', options.dialRatio, DEFAULT_DIAL_RATIO, 1),
    noDial: options.noDial ?? false,
    staticNodes: (options.staticNodes ?? []).map(asEnode),
    dialCandidates: options.dialCandidates ?? [],
    trustedNodes: (options.trustedNodes ?? []).map(asEnode),
    attributes: options.attributes ?? {},
    limits: checkLimits(options.limits ?? {}),
    log: options.log ?? silentLogger,
    clock: options.clock ?? systemClock,
    randomBytes: options.randomBytes ?? systemRandomBytes,
    meter: options.meter,
    trace: options.trace,
    createCrypto: options.createCrypto,
  }
  checkProtocols(checked.protocols)
  // A Hello that does not fit is better found here than on the first connection.
  encodeHello(
    ourHello({ name: checked.name, caps: checked.protocols, listenPort: 65535, publicKey: new Uint8Array(64) }),
  )
  return checked
}

/** An address as a user gives it. @throws {EthspanError} ERR_INVALID_ENODE. */
export const asEnode = (node: Enode | string): Enode => (typeof node === 'string' ? Enode.parse(node) : node)

function wholeNumber(name: string, given: number | undefined, byDefault: number, min: number): number {
  const value = given ?? byDefault
  if (Number.isInteger(value) && value >= min) return value
  throw new EthspanError('ERR_INVALID_OPTION', `${name} is ${value}, but must be a whole number from ${min} up`)
}

function checkLimits(given: Partial<Limits>): Limits {
  const limits = { ...defaultLimits, ...given }
  for (const [name, value] of Object.entries(limits)) {
    if (name in defaultLimits && Number.isFinite(value) && value > 0) continue
    throw new EthspanError(
      'ERR_INVALID_OPTION',
      `limits.${name} is ${value}, but must be a number above 0 of a known name`,
    )
  }
  return limits
}

function checkProtocols(protocols: readonly Protocol[]): void {
  const seen = new Set<string>()
  for (const protocol of protocols) {
    const name = capString(protocol)
    if (!CAP_NAME.test(protocol.name)) {
      throw new EthspanError(
        'ERR_INVALID_OPTION',
        `the protocol name "${protocol.name}" is not 1 to 8 ASCII characters`,
      )
    }
    if (seen.has(name)) throw new EthspanError('ERR_INVALID_OPTION', `the protocol ${name} is given twice`)
    seen.add(name)
    wholeNumber(`the version of ${name}`, protocol.version, Number.NaN, 0)
    wholeNumber(`the length of ${name}`, protocol.length, Number.NaN, 1)
  }
}
