import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { openDataDir } from '@ethspan/node/data-dir'
import { expect, test } from 'vitest'
import { chainDataPath } from '../src/chain/open-chain-data.js'
import { removeDb } from '../src/commands/removedb.js'
import { temporaryFolder } from './support.js'

/** A data directory with a node's key and chain data, not in use. */
async function setUp() {
  const dataDir = temporaryFolder()
  const opened = await openDataDir(dataDir)
  opened.nodeKey()
  await opened.close()
  const folder = chainDataPath(dataDir)
  mkdirSync(folder)
  writeFileSync(path.join(folder, '000001.ldb'), 'blocks')
  const said: string[] = []
  const output = { out: (text: string) => said.push(text), err: () => {} }
  return { dataDir, folder, said, output }
}

test.each(['y', 'Yes', ' YES '])('removes the chain data where the answer is %j; the key stays', async (answer) => {
  const { dataDir, folder, said, output } = await setUp()
  const questions: string[] = []
  const ask = async (question: string) => {
    questions.push(question)
    return answer
  }
  expect(await removeDb({ dataDir, yes: false }, { ...output, ask })).toBe(true)
  expect(existsSync(folder)).toBe(false)
  expect(readdirSync(path.join(dataDir, 'ethspan'))).toContain('nodekey')
  expect(questions).toEqual([`Remove the chain data, ${folder}? The node's key stays. [y/N] `])
  expect(said).toEqual([`Removed ${folder}.\n`])
})

test.each(['', 'n', 'no', 'yesterday'])('leaves it where the answer is %j', async (answer) => {
  const { dataDir, folder, said, output } = await setUp()
  expect(await removeDb({ dataDir, yes: false }, { ...output, ask: async () => answer })).toBe(false)
  expect(existsSync(folder)).toBe(true)
  expect(said).toEqual(['Nothing was removed.\n'])
})

test('asks nobody with --yes', async () => {
  const { dataDir, folder, output } = await setUp()
  expect(await removeDb({ dataDir, yes: true }, output)).toBe(true)
  expect(existsSync(folder)).toBe(false)
})

test('refuses in one line where nobody can be asked', async () => {
  const { dataDir, folder, output } = await setUp()
  await expect(removeDb({ dataDir, yes: false }, output)).rejects.toMatchObject({
    code: 'ERR_INVALID_OPTION',
    message: `nobody can be asked whether to remove ${folder}`,
    hint: 'Say so with --yes.',
  })
  expect(existsSync(folder)).toBe(true)
})

test('refuses while a node has the directory', async () => {
  const { dataDir, folder, output } = await setUp()
  const node = await openDataDir(dataDir)
  await expect(removeDb({ dataDir, yes: true }, output)).rejects.toMatchObject({
    code: 'ERR_DATA_DIR',
    message: `the data directory ${dataDir} is in use by this process`,
  })
  expect(existsSync(folder)).toBe(true)
  await node.close()
})

test('says where there is none, and makes no directory', async () => {
  const dataDir = path.join(temporaryFolder(), 'none')
  const said: string[] = []
  expect(await removeDb({ dataDir, yes: true }, { out: (text) => said.push(text), err: () => {} })).toBe(true)
  expect(said).toEqual([`There is no chain data in ${dataDir}.\n`])
  expect(existsSync(dataDir)).toBe(false)
})
