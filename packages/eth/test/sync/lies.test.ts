// Peers that lie in each field of each answer: each is ended with the reason, and what it lied about is fetched elsewhere.
import {
  type Body,
  type BodyFields,
  type Chain,
  decodeBody,
  decodeHeader,
  decodeReceipt69,
  encodeBody,
  encodeHeader,
  encodeLogs,
  encodeReceipt69,
  type Header,
  type HeaderFields,
  type Receipt,
  type Transaction,
} from '@ethspan/chain'
import { memoryChain, type TestBlock, testBlocks, testSpec, testTransaction } from '@ethspan/chain/testing'
import {
  concatBytes,
  DisconnectError,
  DiscReason,
  decodeRlp,
  encodeRlp,
  equalBytes,
  expectList,
  keccak256,
} from '@ethspan/core'
import { beforeAll, describe, expect, test } from 'vitest'
import type { EthServing } from '../../src/index.js'
import { connect, type Follower, follower, server, turns } from '../net.js'

const spec = testSpec({ fork: 'amsterdam' })
let blocks: TestBlock[]
let chain: Chain
beforeAll(async () => {
  blocks = await testBlocks({ count: 8, transactions: 3, withdrawals: 2, spec })
  chain = await memoryChain({ spec, blocks })
})

/** The block that is lied about. */
const LIE = 4

/** Syncs from a liar alone until that is found out, then from an honest node. */
async function findOut(lies: Partial<EthServing> | ((honest: EthServing) => Partial<EthServing>)) {
  const ours = await follower({ chain: await memoryChain({ spec }) })
  const liar = connect(ours.node, server({ chain, lies }))
  const synced = ours.sync(blocks.at(-1)!)
  const { a: reason } = await liar.ended
  expect(reason).toBeInstanceOf(DisconnectError)
  expect(reason).toMatchObject({ reason: DiscReason.SubprotocolError, side: 'local' })
  await expectAllFetchedElsewhere(ours, synced)
  return { message: reason!.message, ours }
}

async function expectAllFetchedElsewhere(ours: Follower, synced: Promise<Event>) {
  expect(ours.chain.head().number).toBeLessThan(BigInt(blocks.length))
  connect(ours.node, server({ chain }))
  expect((await synced).type).toBe('synced')
  for (const { hash, receipts, body } of blocks) {
    expect(await ours.chain.body(hash)).toEqual(body.raw)
    expect(await ours.chain.receipts(hash)).toEqual(receipts)
  }
}

/** Answers with one item changed. */
const changed = (items: readonly Uint8Array[], at: number, change: (item: Uint8Array) => Uint8Array) =>
  items.map((item, i) => (i === at ? change(item) : item))

const flipped = (bytes: Uint8Array) =>
  bytes.length === 0 ? Uint8Array.of(1) : bytes.with(bytes.length - 1, bytes.at(-1)! ^ 1)

describe('headers', () => {
  const fields = Object.keys(testSpec({ fork: 'amsterdam' }).genesis.header).filter((name) => name !== 'raw')

  test.each(fields)('another %s', async (field) => {
    const lie = (raw: Uint8Array) => {
      const header = decodeHeader(raw)
      const value = header[field as keyof HeaderFields]
      return encodeHeader({ ...header, [field]: typeof value === 'bigint' ? value + 1n : flipped(value!) })
    }
    const { message, ours } = await findOut((honest) => ({
      blockHeaders: async (query) => changed(await honest.blockHeaders(query), 2, lie),
    }))
    expect(message).toMatch(/headers that are not linked/)
    expect(ours.log.warnings[0]).toMatch(/^a peer is ended for bad data: it sent headers that are not linked/)
  })

  test('the target is another block than the one asked for', async () => {
    const { message } = await findOut((honest) => ({
      blockHeaders: async (query) => (query.limit === 1n ? [blocks[0]!.header.raw] : await honest.blockHeaders(query)),
    }))
    expect(message).toMatch(/another header than the one asked for/)
  })

  test('in the wrong order', async () => {
    const { message } = await findOut((honest) => ({
      blockHeaders: async (query) => [...(await honest.blockHeaders(query))].reverse(),
    }))
    expect(message).toMatch(/another header than the one asked for/)
  })

  test('one is left out', async () => {
    const { message } = await findOut((honest) => ({
      blockHeaders: async (query) => (await honest.blockHeaders(query)).filter((_, i) => i !== 1),
    }))
    expect(message).toMatch(/not linked/)
  })
})

describe('bodies', () => {
  const changes: Record<string, (body: Body) => BodyFields> = {
    'a transaction less': (body) => ({ ...body, transactions: body.transactions.slice(1) }),
    'a transaction more': (body) => ({ ...body, transactions: [...body.transactions, body.transactions[0]!] }),
    'transactions in another order': (body) => ({ ...body, transactions: [...body.transactions].reverse() }),
    'another transaction': (body) => ({
      ...body,
      transactions: [...blocks[0]!.body.transactions.slice(0, 1), ...body.transactions.slice(1)],
    }),
    'an uncle': (body) => ({ ...body, uncles: [blocks[0]!.header] }),
    'a withdrawal less': (body) => ({ ...body, withdrawals: body.withdrawals!.slice(1) }),
    'no withdrawals': ({ transactions, uncles }) => ({ transactions, uncles }),
    'all of another block': () => blocks[0]!.body,
    'nothing at all': () => ({ transactions: [], uncles: [], withdrawals: [] }),
    ...Object.fromEntries(
      (['index', 'validatorIndex', 'amount'] as const).map((field) => [
        `another ${field} of a withdrawal`,
        (body: Body) => {
          const [first, ...others] = body.withdrawals!
          return { ...body, withdrawals: [{ ...first!, [field]: first![field] + 1n }, ...others] }
        },
      ]),
    ),
    'another address of a withdrawal': (body) => {
      const [first, ...others] = body.withdrawals!
      return { ...body, withdrawals: [{ ...first!, address: flipped(first!.address) }, ...others] }
    },
  }

  test.each(Object.entries(changes))('%s', async (_, change) => {
    const lie = (raw: Uint8Array) => encodeBody(change(decodeBody(raw)))
    const { message, ours } = await findOut((honest) => ({
      blockBodies: async (hashes) => changed(await honest.blockBodies(hashes), LIE, lie),
    }))
    expect(message).toMatch(/sent a wrong body: /)
    expect(ours.log.lines.find(({ level }) => level === 'warn')).toMatchObject({
      fields: { number: BigInt(LIE + 1), peer: expect.stringMatching(/^[0-9a-f]{64}$/) },
    })
  })

  test('in the wrong order', async () => {
    const { message } = await findOut((honest) => ({
      blockBodies: async (hashes) => [...(await honest.blockBodies(hashes))].reverse(),
    }))
    expect(message).toMatch(/sent a wrong body/)
  })

  test('one twice', async () => {
    const { message } = await findOut((honest) => ({
      blockBodies: async (hashes) => {
        const [first, , ...others] = await honest.blockBodies(hashes)
        return [first!, first!, ...others]
      },
    }))
    expect(message).toMatch(/sent a wrong body/)
  })
})

describe('receipts', () => {
  const ofFirst = (change: (receipt: Receipt) => Receipt) => (block: readonly Receipt[]) =>
    block.map((receipt, i) => (i === 0 ? change(receipt) : receipt))
  const changes: Record<string, (block: readonly Receipt[]) => readonly Receipt[]> = {
    'another type': ofFirst((receipt) => ({ ...receipt, type: receipt.type + 1 })),
    'another status': ofFirst((receipt) => ({ ...receipt, postStateOrStatus: new Uint8Array(0) })),
    'a state root for a status': ofFirst((receipt) => ({ ...receipt, postStateOrStatus: new Uint8Array(32) })),
    'another gas': ofFirst((receipt) => ({ ...receipt, cumulativeGasUsed: receipt.cumulativeGasUsed + 1n })),
    'no logs': (block) => block.map((receipt) => ({ ...receipt, logs: encodeLogs([]) })),
    'a log more': ofFirst((receipt) => ({
      ...receipt,
      logs: encodeLogs([{ address: new Uint8Array(20), topics: [], data: new Uint8Array(0) }]),
    })),
    'a receipt less': (block) => block.slice(1),
    'a receipt more': (block) => [...block, block[0]!],
    'in another order': (block) => [...block].reverse(),
    'nothing at all': () => [],
    'those of another block': () => blocks[0]!.receipts.map(decodeReceipt69),
  }

  test.each(Object.entries(changes))('%s', async (_, change) => {
    const { message } = await findOut((honest) => ({
      receipts: async (version, hashes, firstIndex) => {
        const answer = await honest.receipts(version, hashes, firstIndex)
        const lie = (block: readonly Uint8Array[]) => change(block.map(decodeReceipt69)).map(encodeReceipt69)
        return { ...answer, blocks: answer.blocks.map((block, i) => (i === LIE ? lie(block) : block)) }
      },
    }))
    expect(message).toMatch(/sent a wrong list of a block's receipts: /)
  })

  test('parts without end', async () => {
    const { message } = await findOut((honest) => ({
      receipts: async (version, hashes) => {
        const { blocks: all } = await honest.receipts(version, hashes, 0n)
        return { blocks: [all[0]!.slice(0, 1)], lastBlockIncomplete: true }
      },
    }))
    expect(message).toMatch(/sent 3 receipts and says that there are more, for 3 transactions/)
  })

  test('parts that do not make a whole', async () => {
    const { message } = await findOut((honest) => ({
      receipts: async (version, hashes, firstIndex) => {
        const { blocks: all } = await honest.receipts(version, hashes, 0n)
        // The first receipt thrice.
        return { blocks: [all[0]!.slice(0, 1)], lastBlockIncomplete: firstIndex < 2n }
      },
    }))
    expect(message).toMatch(/sent a wrong list of a block's receipts/)
  })
})

test('a peer that was ended for bad data is refused when it comes back', async () => {
  const ours = await follower({ chain: await memoryChain({ spec }) })
  const liar = server({
    chain,
    lies: { blockHeaders: () => [blocks[0]!.header.raw] },
  })
  const first = connect(ours.node, liar)
  void ours.sync(blocks.at(-1)!)
  await first.ended
  const second = await connect(ours.node, liar).ended
  expect(second.a).toMatchObject({ reason: DiscReason.UselessPeer, message: expect.stringMatching(/sent bad data/) })
  expect(ours.service.peers()).toEqual([])
})

test('headers that break the rules fail the target and nobody else, whoever serves them', async () => {
  // All is linked and right by its hash, but a block is older than its parent.
  const forged: Header[] = []
  for (const { header } of blocks) {
    const parentHash = forged.length === 0 ? header.parentHash : hashOf(forged.at(-1)!)
    const time = header.number === 5n ? 1n : header.time
    forged.push(decodeHeader(encodeHeader({ ...header, parentHash, time })))
  }
  const target = forged.at(-1)!
  const ours = await follower({ chain: await memoryChain({ spec }) })
  const link = connect(
    ours.node,
    server({
      chain,
      lies: {
        blockHeaders: ({ origin, limit }) => {
          const at =
            typeof origin === 'bigint' ? Number(origin) : forged.findIndex((header) => same(header, origin)) + 1
          return [...forged.slice(0, at).reverse(), spec.genesis.header].slice(0, Number(limit)).map(({ raw }) => raw)
        },
      },
    }),
  )
  const event = await ours.sync({ hash: hashOf(target) })
  expect(event).toMatchObject({ type: 'syncfail', error: { code: 'ERR_INVALID_BLOCK', fields: { number: 5n } } })
  expect(ours.service.peers()).toHaveLength(1)
  expect(ours.service.sync!.progress()).toBeUndefined()

  // It is remembered: a target on top of it fails as well.
  const again = await ours.sync({ hash: hashOf(target) }, { header: target })
  expect(again).toMatchObject({
    type: 'syncfail',
    error: { message: expect.stringMatching(/known to break the rules/) },
  })
  link.close()
  await turns()
})

/** The same transaction with a signature that nobody can have made. */
function forged({ type, bytes }: Transaction): Transaction {
  const fields = expectList(decodeRlp(bytes.subarray(1)), 'transaction')
  return { type, bytes: concatBytes(bytes.subarray(0, 1), encodeRlp([...fields.slice(0, -1), 0])) }
}

describe('a transaction that nobody signed fails the target, whoever serves it', () => {
  test.each<[string, number | undefined]>([
    ['on the way from the chain', undefined],
    ['in the block that the chain would begin anew with', 20],
    ['in the block after that one', 21],
  ])('%s', async (_, keep) => {
    // So that the body of the block before it is asked for as well, and both are imported together.
    const right = testTransaction({ nonce: 0n })
    const made = new Map([
      [40n, [right]],
      [41n, [forged(right)]],
    ])
    const bad = await testBlocks({ count: 60, transactions: (number) => made.get(number) ?? [] })
    const ours = await follower(keep === undefined ? {} : { keep })
    connect(ours.node, server({ chain: await memoryChain({ blocks: bad }) }))
    const event = await ours.sync(bad.at(-1)!)
    const fields = { number: 41n, field: 'transactions' }
    expect(event).toMatchObject({ type: 'syncfail', error: { code: 'ERR_INVALID_BLOCK', fields } })
    expect(await ours.chain.body(bad[40]!.hash)).toBeUndefined()
    expect(ours.service.peers()).toHaveLength(1)
  })
})

const hashOf = (header: Pick<Header, 'raw'>) => keccak256(header.raw)
const same = (header: Pick<Header, 'raw'>, hash: Uint8Array) => equalBytes(hashOf(header), hash)
