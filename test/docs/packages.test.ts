// What npm shows of each package: true, short, and an example that runs.
import { execFile } from 'node:child_process'
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { examplesOf, run } from './examples.js'

/** Milliseconds: some examples load a virtual machine, on a machine that may have other things to do. */
vi.setConfig({ testTimeout: 120_000 })

const root = fileURLToPath(new URL('../../', import.meta.url))
const folders = await readdir(`${root}packages`)

test('the examples are right by their types', async () => {
  const folder = `${root}.cache/examples-${process.pid}`
  await mkdir(folder, { recursive: true })
  onTestFinished(() => rm(folder, { recursive: true }))
  for (const name of folders) {
    const [example = ''] = await examplesOf(`packages/${name}/README.md`)
    await writeFile(`${folder}/${name}.ts`, example)
  }
  const compilerOptions = { noEmit: true, composite: false, lib: ['es2023', 'dom'], types: ['node'] }
  const config = { extends: '../../tsconfig.base.json', compilerOptions, include: ['*.ts'] }
  await writeFile(`${folder}/tsconfig.json`, JSON.stringify(config))
  const tsc = promisify(execFile)(process.execPath, [`${root}node_modules/.bin/tsc`, '-p', folder])
  const { stdout } = await tsc.catch(({ stdout }: { stdout: string }) => ({ stdout }))
  expect(stdout).toBe('')
})

describe.each(folders)('the README of packages/%s', (folder) => {
  const path = `packages/${folder}/README.md`

  test('has one example, which prints what it says, and needs what the line before it installs', async () => {
    const text = await readFile(`${root}${path}`, 'utf8')
    const [example = '', ...more] = await examplesOf(path)
    expect(more).toEqual([])
    const told = /^It prints\n\n```\n(.*?^)```$/ms.exec(text)?.[1]
    const printed = await run(folder, example, 'never')
    expect(printed).toBe(told)

    const installed = /^npm install (.+)$/m.exec(text)?.[1]?.split(' ') ?? []
    const imported = [...example.matchAll(/ from '(@ethspan\/\w+)/g)].map((match) => match[1])
    expect(installed).toContain(`@ethspan/${folder}`)
    expect(installed).toEqual(expect.arrayContaining(imported))
  })

  test('is short, bears the name of the package, and links to documents that there are', async () => {
    const text = await readFile(`${root}${path}`, 'utf8')
    expect(text).toMatch(new RegExp(`^# @ethspan/${folder}\n`))
    expect(text.split('\n').length).toBeLessThan(60)
    const documents = [...text.matchAll(/\(https:\/\/github\.com\/ethspan\/ethspan\/blob\/main\/([^)#]+)/g)]
    for (const [, document] of documents) await readFile(`${root}${document}`)
  })
})
