import { describe, expect, test } from 'vitest'
import { callArguments } from '../../src/params/call.js'

const ADDRESS = `0x${'aa'.repeat(20)}`
const address = new Uint8Array(20).fill(0xaa)

test('every field of a call is read', () => {
  const slot = `0x${'01'.repeat(32)}`
  expect(
    callArguments({
      from: ADDRESS,
      to: ADDRESS,
      gas: '0x5208',
      maxFeePerGas: '0x2',
      maxPriorityFeePerGas: '0x1',
      value: '0x0',
      data: '0x0102',
      nonce: '0x7',
      accessList: [{ address: ADDRESS, storageKeys: [slot] }],
      blobVersionedHashes: [slot],
      chainId: '0x539',
    }),
  ).toEqual({
    from: address,
    to: address,
    gas: 21_000n,
    maxFeePerGas: 2n,
    maxPriorityFeePerGas: 1n,
    value: 0n,
    data: Uint8Array.of(1, 2),
    nonce: 7n,
    accessList: [{ address, storageKeys: [new Uint8Array(32).fill(1)] }],
    blobVersionedHashes: [new Uint8Array(32).fill(1)],
    chainId: 1337n,
  })
})

test('input is another name of data', () => {
  expect(callArguments({ input: '0x01' }).data).toEqual(Uint8Array.of(1))
  expect(callArguments({ input: '0x01', data: '0x01' }).data).toEqual(Uint8Array.of(1))
})

describe('is refused', () => {
  test.each([
    ['data and another input', { data: '0x01', input: '0x02' }, 'both "data" and "input" are set and not equal'],
    ['what nothing here executes', { authorizationList: [] }, 'authorizationList: not supported'],
    ['an entry without address', { accessList: [{}] }, "accessList: missing required field 'address'"],
    ['a quantity with leading zeros', { gas: '0x01' }, 'gas: hex number with leading zero digits'],
    ['no object', '0x', 'expected an object'],
  ])('%s', (_, sent, why) => {
    expect(() => callArguments(sent)).toThrow(why)
  })
})
