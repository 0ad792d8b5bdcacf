import { encodeHeader } from '@ethspan/chain'
import { testBlocks } from '@ethspan/chain/testing'
import { concatBytes, encodeRlp } from '@ethspan/core'
import { expect, test } from 'vitest'
import { checkFollow } from '../../src/head/messages.js'
import { decodeHead, encodeFollow, encodeHead, MAX_HEAD_BYTES } from '../../src/index.js'

test('a Head is the header as blocks have it, its hash is computed by who reads it', async () => {
  const [block] = await testBlocks({ count: 1 })
  const payload = encodeHead(block!.header)
  expect(payload).toEqual(block!.header.raw)
  expect(decodeHead(payload)).toEqual({ hash: block!.hash, header: block!.header })
})

test('a Head with a field too few or bytes after it is refused', async () => {
  const [block] = await testBlocks({ count: 1 })
  const { raw } = block!.header
  expect(() => decodeHead(concatBytes(raw, Uint8Array.of(0x80)))).toThrow(
    expect.objectContaining({ code: 'ERR_INVALID_RLP' }),
  )
  expect(() => decodeHead(encodeRlp([block!.header.parentHash]))).toThrow(
    expect.objectContaining({ code: 'ERR_INVALID_RLP' }),
  )
})

test('a Head larger than any header is refused before it is read', () => {
  expect(() => decodeHead(new Uint8Array(MAX_HEAD_BYTES + 1))).toThrow(
    expect.objectContaining({ code: 'ERR_PROTOCOL', message: expect.stringContaining(`${MAX_HEAD_BYTES + 1} bytes`) }),
  )
})

test('a header with the most extra data that any chain allows fits a Head', async () => {
  const [block] = await testBlocks({ count: 1 })
  const raw = encodeHeader({ ...block!.header, extraData: new Uint8Array(100 * 1024) })
  expect(decodeHead(raw).header.extraData).toHaveLength(100 * 1024)
})

test('Follow is an empty list and nothing else', () => {
  expect(encodeFollow()).toEqual(Uint8Array.of(0xc0))
  expect(() => checkFollow(encodeFollow())).not.toThrow()
  for (const wrong of [new Uint8Array(0), Uint8Array.of(0x80), encodeRlp([1])]) {
    expect(() => checkFollow(wrong)).toThrow(expect.objectContaining({ code: 'ERR_PROTOCOL' }))
  }
})
