import { verifyMerkleProof } from '@ethereumjs/mpt'
import { testAddress } from '@ethspan/chain/testing'
import { encodeRlp, keccak256 } from '@ethspan/core'
import { expect, test } from 'vitest'
import { CODE, deploying, faucetContract, faucetTransaction, testChain, word } from '../support.js'

test('proves an account, its slots, and what is not there, to whoever has the state root alone', async () => {
  const { mine, execution } = await testChain()
  const contract = faucetContract(0n)
  await mine(faucetTransaction({ nonce: 0n, to: null, value: 0n, data: deploying(CODE.store), gasLimit: 500_000n }))
  const { header } = await mine(
    faucetTransaction({ nonce: 1n, to: contract, value: 5n, data: word(77), gasLimit: 100_000n }),
  )
  const { account, accountProof, storageProof } = await execution.proof(header, contract, [word(0), word(1)])
  expect(account).toMatchObject({ nonce: 1n, balance: 5n, codeHash: keccak256(await execution.code(header, contract)) })
  const proven = (key: Uint8Array, proof: readonly Uint8Array[]) => verifyMerkleProof(keccak256(key), [...proof])
  const { nonce, balance, storageRoot, codeHash } = account!
  expect(await proven(contract, accountProof)).toEqual(encodeRlp([nonce, balance, storageRoot, codeHash]))
  expect(keccak256(accountProof[0]!)).toEqual(header.stateRoot)
  expect(storageProof.map(({ value }) => value)).toEqual([word(77), word(0)])
  expect(await proven(word(0), storageProof[0]!.proof)).toEqual(encodeRlp(77))
  expect(await proven(word(1), storageProof[1]!.proof)).toBeNull()
  const nobody = await execution.proof(header, testAddress(9), [word(0)])
  expect(nobody.account).toBeUndefined()
  expect(await proven(testAddress(9), nobody.accountProof)).toBeNull()
  expect(nobody.storageProof).toEqual([{ key: word(0), value: word(0), proof: [] }])
})
