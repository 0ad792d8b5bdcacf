// The encryption handshake without I/O. Source: rlpx.md, "Initial Handshake", and EIP-8. The dialing side makes an auth packet
// and finishes with the ack; the listening side answers an auth packet. Only that gives Secrets, and only Secrets give frames.
import { concatBytes, equalBytes } from '../bytes.js'
import type { Crypto, RunningKeccak } from '../crypto/crypto.js'
import { checkPublicKey, generatePrivateKey, publicKeyOf, recover, sign } from '../crypto/secp256k1.js'
import { EthspanError } from '../errors.js'
import type { RandomBytes } from '../platform/clock.js'
import { decodeRlpPrefix, expectBytes, expectList } from '../rlp/rlp.js'
import { openPacket, sealPacket, sealPlainPacket } from './handshake-packet.js'

export { HandshakePacketReader } from './handshake-packet.js'

/** The version that we announce; another one in a packet from outside means nothing (EIP-8). */
export const HANDSHAKE_VERSION = 4
const NONCE_LENGTH = 32
const SIGNATURE_LENGTH = 65
const PUBLIC_KEY_LENGTH = 64
const HASH_LENGTH = 32

/** What a finished handshake leaves: the keys of the frames and who is on the other side. */
export interface Secrets {
  /** What the handshake was made with, for the frames. */
  readonly crypto: Crypto
  /** Key of the frames' AES-256-CTR, 32 bytes, the same in both directions. */
  readonly aes: Uint8Array
  /** Key of the MACs' AES-256, 32 bytes. */
  readonly mac: Uint8Array
  /** Over all that this side sends. */
  readonly egressMac: RunningKeccak
  /** Over all that this side receives. */
  readonly ingressMac: RunningKeccak
  /** The authenticated public key of the other side, 64 bytes. */
  readonly remotePublicKey: Uint8Array
}

export interface HandshakeOptions {
  readonly crypto: Crypto
  /** The node's key, 32 bytes. */
  readonly privateKey: Uint8Array
  readonly randomBytes: RandomBytes
  /** Private key for this handshake alone, 32 bytes; default: random. Tests give it. */
  readonly ephemeralKey?: Uint8Array
  /** 32 bytes; default: random. Tests give it. */
  readonly nonce?: Uint8Array
}

export interface AuthOptions extends HandshakeOptions {
  /** Whom the packet is for, 64 bytes. */
  readonly remotePublicKey: Uint8Array
}

export interface PendingAuth {
  /** The bytes to send. */
  readonly packet: Uint8Array
  /**
   * Ends the handshake with the packet that came back. Can be called once.
   * @throws {EthspanError} ERR_HANDSHAKE; tell the other side nothing of its cause, only close.
   */
  finish(ack: Uint8Array): Secrets
}

/**
 * Begins the handshake on the dialing side.
 * @throws {EthspanError} ERR_INVALID_KEY where a key of the options is not one.
 */
export function createAuth(options: AuthOptions): PendingAuth {
  const { crypto, privateKey, randomBytes } = options
  const remotePublicKey = Uint8Array.from(checkPublicKey(options.remotePublicKey))
  const ephemeralKey = options.ephemeralKey ?? generatePrivateKey(randomBytes)
  const nonce = options.nonce ?? randomBytes(NONCE_LENGTH)
  const signature = sign(xor(agree(crypto, privateKey, remotePublicKey), nonce), ephemeralKey)
  const fields = [signature, publicKeyOf(privateKey), nonce, HANDSHAKE_VERSION]
  const packet = sealPacket({ crypto, randomBytes, remotePublicKey }, fields)
  let finished = false

  function finish(ack: Uint8Array): Secrets {
    if (finished) throw new EthspanError('ERR_STATE', 'the handshake is over, an auth packet has one answer')
    finished = true
    return refusing('ack', () => {
      const remote = readAck(openPacket({ crypto, privateKey, kind: 'ack' }, ack))
      const [mac1, mac2, keys] = derive(crypto, agree(crypto, ephemeralKey, remote.ephemeralPublicKey), {
        auth: { nonce, packet },
        ack: { nonce: remote.nonce, packet: ack },
      })
      return { ...keys, egressMac: mac1, ingressMac: mac2, remotePublicKey }
    })
  }

  return { packet, finish }
}

export interface AnswerOptions extends HandshakeOptions {
  /** The whole auth packet, as {@link HandshakePacketReader} gives it. */
  readonly packet: Uint8Array
}

export interface AnsweredAuth {
  /** Who dialed, 64 bytes. */
  readonly remotePublicKey: Uint8Array
  /** The bytes to send. */
  readonly ack: Uint8Array
  readonly secrets: Secrets
}

/**
 * The listening side's whole handshake: a plain auth packet gets a plain ack, one by EIP-8 an ack by EIP-8.
 * @throws {EthspanError} ERR_HANDSHAKE; tell the other side nothing of its cause, only close.
 */
export function answerAuth(options: AnswerOptions): AnsweredAuth {
  const { crypto, privateKey, randomBytes } = options
  const ephemeralKey = options.ephemeralKey ?? generatePrivateKey(randomBytes)
  const nonce = options.nonce ?? randomBytes(NONCE_LENGTH)
  return refusing('auth', () => {
    const opened = openPacket({ crypto, privateKey, kind: 'auth' }, options.packet)
    const remote = readAuth(opened)
    const remotePublicKey = Uint8Array.from(checkPublicKey(remote.publicKey))
    const signed = xor(agree(crypto, privateKey, remotePublicKey), remote.nonce)
    const remoteEphemeral = recover(signed, remote.signature)
    if (remote.ephemeralHash !== undefined && !equalBytes(remote.ephemeralHash, crypto.keccak256(remoteEphemeral))) {
      throw new EthspanError('ERR_HANDSHAKE', 'the signature was not made by the announced ephemeral key')
    }
    const sealer = { crypto, randomBytes, remotePublicKey }
    const publicKey = publicKeyOf(ephemeralKey)
    const ack = opened.plain
      ? sealPlainPacket(sealer, concatBytes(publicKey, nonce, NO_TOKEN))
      : sealPacket(sealer, [publicKey, nonce, HANDSHAKE_VERSION])
    const [mac1, mac2, keys] = derive(crypto, agree(crypto, ephemeralKey, remoteEphemeral), {
      auth: { nonce: remote.nonce, packet: options.packet },
      ack: { nonce, packet: ack },
    })
    return { remotePublicKey, ack, secrets: { ...keys, egressMac: mac2, ingressMac: mac1, remotePublicKey } }
  })
}

/** The plain packets' last byte: no session is resumed. */
const NO_TOKEN = Uint8Array.of(0)

interface AuthFields {
  readonly signature: Uint8Array
  readonly publicKey: Uint8Array
  readonly nonce: Uint8Array
  /** Keccak-256 of the ephemeral public key; a plain packet has it. */
  readonly ephemeralHash?: Uint8Array
}

function readAuth({ plain, plaintext }: { plain: boolean; plaintext: Uint8Array }): AuthFields {
  if (plain) {
    const cut = cutter(plaintext)
    const signature = cut(SIGNATURE_LENGTH)
    const ephemeralHash = cut(HASH_LENGTH)
    return { signature, ephemeralHash, publicKey: cut(PUBLIC_KEY_LENGTH), nonce: cut(NONCE_LENGTH) }
  }
  // EIP-8: the version's value, further elements and what follows the list are all ignored.
  const [signature, publicKey, nonce] = expectList(decodeRlpPrefix(plaintext).item, 'auth', { min: 4 })
  return {
    signature: expectBytes(signature, 'signature', SIGNATURE_LENGTH),
    publicKey: expectBytes(publicKey, 'initiator-pubk', PUBLIC_KEY_LENGTH),
    nonce: expectBytes(nonce, 'initiator-nonce', NONCE_LENGTH),
  }
}

interface AckFields {
  readonly ephemeralPublicKey: Uint8Array
  readonly nonce: Uint8Array
}

function readAck({ plain, plaintext }: { plain: boolean; plaintext: Uint8Array }): AckFields {
  if (plain) {
    const cut = cutter(plaintext)
    return { ephemeralPublicKey: cut(PUBLIC_KEY_LENGTH), nonce: cut(NONCE_LENGTH) }
  }
  const [ephemeralPublicKey, nonce] = expectList(decodeRlpPrefix(plaintext).item, 'ack', { min: 3 })
  return {
    ephemeralPublicKey: expectBytes(ephemeralPublicKey, 'recipient-ephemeral-pubk', PUBLIC_KEY_LENGTH),
    nonce: expectBytes(nonce, 'recipient-nonce', NONCE_LENGTH),
  }
}

/** Cuts fields of known length off the front; a plain packet's length is fixed, so they are all there. */
function cutter(bytes: Uint8Array): (length: number) => Uint8Array {
  let at = 0
  return (length) => {
    at += length
    return bytes.subarray(at - length, at)
  }
}

interface SentPacket {
  readonly nonce: Uint8Array
  readonly packet: Uint8Array
}

/** The keys, the MAC state over what the dialing side sends, and that over what the listening side sends. */
function derive(
  crypto: Crypto,
  ephemeralSecret: Uint8Array,
  { auth, ack }: { auth: SentPacket; ack: SentPacket },
): [RunningKeccak, RunningKeccak, Pick<Secrets, 'crypto' | 'aes' | 'mac'>] {
  const hash = (...parts: Uint8Array[]): Uint8Array => crypto.keccak256(concatBytes(...parts))
  const shared = hash(ephemeralSecret, hash(ack.nonce, auth.nonce))
  const aes = hash(ephemeralSecret, shared)
  const mac = hash(ephemeralSecret, aes)
  return [
    startMac(crypto, mac, ack.nonce, auth.packet),
    startMac(crypto, mac, auth.nonce, ack.packet),
    { crypto, aes, mac },
  ]
}

function startMac(crypto: Crypto, mac: Uint8Array, receiverNonce: Uint8Array, packet: Uint8Array): RunningKeccak {
  const state = crypto.runningKeccak()
  state.update(xor(mac, receiverNonce))
  state.update(packet)
  return state
}

/** The secret that two key pairs share. */
function agree(crypto: Crypto, privateKey: Uint8Array, publicKey: Uint8Array): Uint8Array {
  const secret = crypto.ecdh(privateKey, publicKey)
  // No point of the curve has x = 0: a library that returned it has failed in silence.
  if (secret.every((byte) => byte === 0)) throw new EthspanError('ERR_INVALID_KEY', 'the shared secret is zero')
  return secret
}

function xor(a: Uint8Array, b: Uint8Array): Uint8Array {
  return a.map((byte, i) => byte ^ b[i]!)
}

/** Runs `read`, and whatever is wrong with the packet becomes one error; which step it was stays in its cause. */
function refusing<T>(kind: 'auth' | 'ack', read: () => T): T {
  try {
    return read()
  } catch (cause) {
    throw new EthspanError('ERR_HANDSHAKE', `the ${kind} packet of the RLPx handshake is refused`, {
      cause,
      hint: 'It was not made for this node, was changed on the way, or the other side does not speak RLPx.',
    })
  }
}
