import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type AuthOptions, auth, connect } from '@ethspan/rpc/endpoints'
import { SignJWT } from 'jose'
import { describe, expect, onTestFinished, test } from 'vitest'
import { call, contextOf, opened, post, testApi } from '../support.js'

const secret = new Uint8Array(32).fill(7)
const engine = { namespace: 'engine', methods: { hello: () => 'hello' }, authenticated: true }

const start = async (options: Partial<AuthOptions> = {}) => {
  return (await opened(auth({ port: 0, jwtSecret: secret, ...options }), [testApi, engine])).address
}

const now = () => Math.floor(Date.now() / 1000)
const token = (claims: Record<string, unknown>, key = secret, alg = 'HS256') => {
  return new SignJWT(claims).setProtectedHeader({ alg, typ: 'JWT' }).sign(key)
}

async function temporaryFile(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'ethspan-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  return join(folder, 'jwt.hex')
}

test('who has the secret gets what is offered nowhere else, by HTTP and by WebSocket', async () => {
  const url = await start()
  const headers = async () => ({ Authorization: `Bearer ${await token({ iat: now() })}` })
  const response = await post(url, call('engine_hello'), await headers())
  expect(await response.json()).toMatchObject({ result: 'hello' })
  const client = await connect(url.replace('http', 'ws'), { headers })
  onTestFinished(() => client.close())
  expect(await client.request('engine_hello')).toBe('hello')
})

describe('a token', () => {
  test.each([
    ['just now', { iat: 0 }, 200, undefined],
    ['59 s ago', { iat: -59 }, 200, undefined],
    ['in 58 s', { iat: 58 }, 200, undefined],
    ['62 s ago', { iat: -62 }, 401, 'stale token'],
    ['in 63 s', { iat: 63 }, 401, 'future token'],
    ['just now that has expired', { iat: 0, exp: -1 }, 401, 'token is expired'],
    ['never', {}, 401, 'missing issued-at'],
  ])('issued %s is answered', async (_, claims, status, why) => {
    const absolute = Object.fromEntries(Object.entries(claims).map(([name, seconds]) => [name, now() + seconds]))
    const response = await post(await start(), call('test_echo'), { Authorization: `Bearer ${await token(absolute)}` })
    expect(response.status).toBe(status)
    if (why !== undefined) expect(await response.text()).toBe(`${why}\n`)
  })

  test('that is missing, forged, of another algorithm or no token at all is refused', async () => {
    const url = await start()
    const none = `${btoa('{"alg":"none"}')}.${btoa(`{"iat":${now()}}`)}.`.replaceAll('=', '')
    const forged = await token({ iat: now() }, new Uint8Array(32))
    const hs512 = await token({ iat: now() }, new Uint8Array(64).fill(7), 'HS512')
    for (const authorization of [
      '',
      'Basic x',
      'Bearer ',
      'Bearer x',
      ...[none, forged, hs512].map((it) => `Bearer ${it}`),
    ]) {
      const response = await post(url, call('engine_hello'), { Authorization: authorization })
      expect(response.status).toBe(401)
      expect(await response.text()).toMatch(/^(missing|invalid) token/)
    }
    expect((await fetch(url)).status).toBe(401)
    await expect(connect(url.replace('http', 'ws'))).rejects.toMatchObject({ message: expect.stringContaining('401') })
  })
})

describe('the secret’s file', () => {
  test('is made where it is missing, readable by its owner alone, and used again', async () => {
    const file = await temporaryFile()
    await start({ jwtSecret: file })
    const text = await readFile(file, 'utf8')
    expect(text).toMatch(/^0x[0-9a-f]{64}$/)
    if (process.platform !== 'win32') expect((await stat(file)).mode & 0o777).toBe(0o600)
    const url = await start({ jwtSecret: file })
    const key = Uint8Array.from(Buffer.from(text.slice(2), 'hex'))
    const authorization = { Authorization: `Bearer ${await token({ iat: now() }, key)}` }
    expect((await post(url, call('test_echo'), authorization)).status).toBe(200)
    expect(await readFile(file, 'utf8')).toBe(text)
  })

  test('that is no secret, or can’t be written, is one line', async () => {
    const file = await temporaryFile()
    await writeFile(file, '0x1234')
    const open = (jwtSecret: string | Uint8Array) => auth({ port: 0, jwtSecret }).open(contextOf([]))
    await expect(open(file)).rejects.toMatchObject({
      code: 'ERR_INVALID_OPTION',
      message: `the JWT secret in ${file} does not consist of 64 hex digits`,
    })
    await expect(open(join(file, 'x'))).rejects.toMatchObject({ code: 'ERR_INVALID_OPTION' })
    await expect(open(new Uint8Array(31))).rejects.toMatchObject({
      message: 'the JWT secret has 31 bytes instead of 32',
    })
  })
})
