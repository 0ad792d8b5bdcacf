import { expect, test } from 'vitest'
import { Serial } from '../../src/platform/serial.js'
import { deferred, nextTurn } from '../../src/platform/wait.js'

test('jobs run one after the other, each settles its own promise, and a failure stops nobody', async () => {
  const serial = new Serial()
  const order: string[] = []
  const gate = deferred<void>()
  const first = serial.run(async () => {
    await gate.promise
    order.push('first')
    return 1
  })
  const failing = serial.run(() => {
    order.push('failing')
    throw new Error('no')
  })
  const failure = expect(failing).rejects.toThrow('no')
  const last = serial.run(() => {
    order.push('last')
    return 3
  })
  const idle = serial.idle().then(() => order.push('idle'))
  await Promise.resolve()
  expect(order).toEqual([])
  gate.resolve()
  expect([await first, await last]).toEqual([1, 3])
  await failure
  await idle
  expect(order).toEqual(['first', 'failing', 'last', 'idle'])
})

test('the next turn comes after what waits for the thread, microtasks and messages alike', async () => {
  const order: string[] = []
  const message = nextTurn().then(() => order.push('message before'))
  const turn = nextTurn().then(() => order.push('turn'))
  for (let i = 0; i < 10; i++) await Promise.resolve()
  order.push('microtasks')
  await Promise.all([message, turn])
  expect(order).toEqual(['microtasks', 'message before', 'turn'])
})
