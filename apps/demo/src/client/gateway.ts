// Where the page's gateway is, and what else it is asked for over HTTP: all of it beside the page.
import type { Answer, GatewayChain, GatewayInfo } from './client.js'

/** How long the gateway has to answer; milliseconds. */
const ANSWER_TIMEOUT = 5000
/** More than any honest answer; characters. */
const MAX_ANSWER = 10_000

/** Reads what `node.json` says. @throws {Error} saying what is wrong with it. */
export function parseGatewayInfo(text: string): GatewayInfo {
  if (text.length > MAX_ANSWER) throw new Error('its node.json is too long')
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    throw new Error('its node.json is not JSON', { cause })
  }
  const fields = (typeof value === 'object' && value !== null ? value : {}) as Record<string, unknown>
  const field = (name: string): string => {
    const content = fields[name]
    if (typeof content !== 'string') throw new Error(`its node.json lacks "${name}"`)
    return content
  }
  const info = {
    name: field('name'),
    id: field('id'),
    dial: field('dial'),
    enode: field('enode'),
    version: field('version'),
  }
  if (!/^[0-9a-f]{64}$/.test(info.id)) throw new Error('the id in its node.json is not a node id')
  const chain = fields.chain === undefined ? undefined : parseGatewayChain(fields.chain)
  return chain === undefined ? info : { ...info, chain }
}

function parseGatewayChain(value: unknown): GatewayChain {
  const { name, networkId, genesis, faucet } = (typeof value === 'object' && value !== null ? value : {}) as Record<
    string,
    unknown
  >
  const isRight =
    typeof name === 'string' &&
    typeof networkId === 'string' &&
    /^\d{1,20}$/.test(networkId) &&
    typeof genesis === 'string' &&
    /^0x[0-9a-f]{64}$/.test(genesis)
  if (!isRight) throw new Error("the chain in its node.json can't be read")
  return { name, networkId, genesis, faucet: faucet === true }
}

/** Characters of a genesis.json; that of mainnet with all its accounts has 700,000. */
const MAX_GENESIS = 8_000_000

/** The genesis.json of the gateway's chain. @throws {Error} saying why there is none */
export async function fetchGenesis(base: string): Promise<unknown> {
  const response = await ask(new URL('genesis.json', base))
  if (!response.ok) throw new Error(`the gateway answers with HTTP status ${response.status}`)
  const text = await response.text()
  if (text.length > MAX_GENESIS) throw new Error('its genesis.json is too long')
  return JSON.parse(text)
}

/** What an account has after a block, with a proof; undefined where the gateway does not have that state. */
export async function fetchProof(base: string, address: string, block: string): Promise<readonly string[] | undefined> {
  const response = await ask(new URL(`account/${address}?block=${block}`, base))
  const value = await jsonOf(response)
  if (!response.ok) return undefined
  const proof = typeof value === 'object' && value !== null && 'accountProof' in value ? value.accountProof : undefined
  if (Array.isArray(proof) && proof.every((node) => typeof node === 'string')) return proof
  throw new Error('the gateway answers with what is no proof')
}

/** Asks the gateway's faucet for coins. */
export async function askFaucet(base: string, address: string): Promise<Answer> {
  let response: Response
  try {
    response = await ask(new URL('faucet', base), {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ address }),
    })
  } catch {
    return { ok: false, why: 'the gateway does not answer' }
  }
  const value = await jsonOf(response)
  if (response.ok) return { ok: true }
  const error = typeof value === 'object' && value !== null && 'error' in value ? value.error : undefined
  return {
    ok: false,
    why: typeof error === 'string' ? error : `the gateway answers with HTTP status ${response.status}`,
  }
}

/** What it holds, undefined where that is no JSON. An answer that is not read stays open until its deadline ends it. */
const jsonOf = (response: Response): Promise<unknown> => response.json().catch(() => undefined)

const ask = (url: URL, init: RequestInit = {}) =>
  fetch(url, { cache: 'no-store', signal: AbortSignal.timeout(ANSWER_TIMEOUT), ...init })

/** Asks the page's own origin for its gateway. @throws {Error} saying why there is no answer. */
export async function findGateway(base: string): Promise<GatewayInfo> {
  let response: Response
  try {
    response = await ask(new URL('node.json', base))
  } catch (cause) {
    throw new Error('the gateway does not answer', { cause })
  }
  if (!response.ok) throw new Error(`the gateway answers with HTTP status ${response.status}`)
  return parseGatewayInfo(await response.text())
}
