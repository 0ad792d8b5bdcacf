import { expect, test } from 'vitest'
import { messagePipe, SimClock, settle } from '../../src/testing/index.js'

test('a write waits until the other end reads', async () => {
  const clock = new SimClock(7)
  const [a, b] = messagePipe(clock)
  let written = false
  const write = a.write(3, new Uint8Array([0x80])).then(() => {
    written = true
  })
  await settle()
  expect(written).toBe(false)
  expect(await b.read()).toEqual({ code: 3, payload: new Uint8Array([0x80]), receivedAt: 7 })
  await write
})

test('messages come in the order of the writes, both ways, to readers that wait and to readers that come later', async () => {
  const [a, b] = messagePipe()
  const early = [b.read(), b.read()]
  await a.write(0, new Uint8Array())
  await a.write(1, new Uint8Array())
  const later = [a.write(2, new Uint8Array()), a.write(3, new Uint8Array())]
  const msgs = [...(await Promise.all(early)), await b.read(), await b.read()]
  await Promise.all(later)
  expect(msgs.map((msg) => msg.code)).toEqual([0, 1, 2, 3])
  const back = a.read()
  await b.send(9, [new Uint8Array([1]), new Uint8Array([2])])
  expect(await back).toMatchObject({ code: 9, payload: new Uint8Array([0xc2, 1, 2]) })
})

test('close fails every wait on both ends and ends iteration', async () => {
  const [a, b] = messagePipe()
  const write = expect(a.write(0, new Uint8Array())).rejects.toMatchObject({ code: 'ERR_CLOSED' })
  const read = expect(a.read()).rejects.toMatchObject({ code: 'ERR_CLOSED' })
  b.close()
  await Promise.all([write, read])
  await expect(a.write(0, new Uint8Array())).rejects.toMatchObject({ code: 'ERR_CLOSED' })
  for await (const msg of a) expect.unreachable(`read ${msg.code}`)
})

test('an aborted wait leaves the pipe as it was', async () => {
  const [a, b] = messagePipe()
  const abort = new AbortController()
  const write = expect(a.write(0, new Uint8Array(), abort)).rejects.toMatchObject({ code: 'ERR_ABORTED' })
  const read = expect(a.read(abort)).rejects.toMatchObject({ code: 'ERR_ABORTED' })
  abort.abort()
  await Promise.all([write, read])
  const next = b.read()
  await a.write(5, new Uint8Array())
  expect((await next).code).toBe(5)
})
