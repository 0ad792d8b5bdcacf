// The same in a page, with states in IndexedDB.
import { testAddress } from '@ethspan/chain/testing'
import { browserStore } from '@ethspan/node/browser-store'
import { expect, onTestFinished, test } from 'vitest'
import { openExecution } from '../src/index.js'
import { CODE, deploying, faucetContract, faucetTransaction, testChain, word } from './support.js'

test('blocks are run, states kept and dropped, and found again by whoever opens them anew', async () => {
  const name = `ethspan-states-${Math.random().toString(36).slice(2)}`
  onTestFinished(() => void indexedDB.deleteDatabase(name))
  const states = browserStore(name)
  const test = await testChain({ states, keepStates: 2 })
  await test.mine(
    faucetTransaction({ nonce: 0n, to: null, value: 0n, data: deploying(CODE.store), gasLimit: 500_000n }),
    faucetTransaction({ type: 0, nonce: 1n, to: testAddress(1), value: 7n, gasLimit: 21_000n }),
  )
  const contract = faucetContract(0n)
  await test.mine(faucetTransaction({ nonce: 2n, to: contract, value: 0n, data: word(5), gasLimit: 100_000n }))
  for (let i = 0; i < 8; i++) await test.mine()
  await states.close()

  const store = browserStore(name)
  onTestFinished(() => store.close())
  const again = await openExecution({ store, spec: test.spec, chain: test.chain, keepStates: 2 })
  const { header } = test.chain.head()
  expect(await again.account(header, testAddress(1))).toMatchObject({ balance: 7n })
  expect(await again.storage(header, contract, word(0))).toEqual(word(5))
  expect((await again.call(header, { to: contract, data: word(6) })).error).toBeUndefined()
  expect(await again.hasState(test.spec.genesis.header)).toBe(false)
})
