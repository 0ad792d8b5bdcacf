// The faucet for the page: `POST /faucet` with `{"address":"0x…"}`.
import type { IncomingMessage } from 'node:http'
import { EthspanError } from '@ethspan/core'
import { type Faucet, giftJson } from './faucet.js'

/** Bytes of a request's body; an address and its name are sixty. */
const MAX_BODY = 1_024

export interface FaucetReply {
  readonly status: number
  /** JSON: the gift, or `error` with a sentence. */
  readonly body: string
}

/** Answers a POST whose origin was checked. */
export async function faucetReply(faucet: Pick<Faucet, 'fund'>, request: IncomingMessage): Promise<FaucetReply> {
  const type = `${request.headers['content-type'] ?? ''}`.split(';', 1)[0]?.trim().toLowerCase()
  // Pages elsewhere can send other types without asking first.
  if (type !== 'application/json') return failure(415, 'the content type has to be application/json')
  const text = await readBody(request)
  if (text === undefined) return failure(413, `a request has at most ${MAX_BODY} bytes`)
  const address = addressIn(text)
  if (address === undefined) return failure(400, 'the request is not {"address":"0x…"}')
  try {
    return { status: 200, body: JSON.stringify(giftJson(await faucet.fund(address))) }
  } catch (error) {
    if (!(error instanceof EthspanError)) throw error
    const status = error.code === 'ERR_INVALID_OPTION' ? 400 : error.fields.retryAfterMs === undefined ? 503 : 429
    return failure(status, error.message)
  }
}

async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > MAX_BODY) return undefined
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function addressIn(text: string): string | undefined {
  try {
    const value: unknown = JSON.parse(text)
    const address = typeof value === 'object' && value !== null && 'address' in value ? value.address : undefined
    return typeof address === 'string' ? address : undefined
  } catch {
    return undefined
  }
}

const failure = (status: number, error: string): FaucetReply => ({ status, body: JSON.stringify({ error }) })
