// The examples of a document, run as a user's program would be: from a file in the checkout, with the built packages.
import { spawn } from 'node:child_process'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { transformWithOxc } from 'vite'
import { onTestFinished } from 'vitest'

const root = fileURLToPath(new URL('../../', import.meta.url))

/** The TypeScript blocks of a document, in order. */
export async function examplesOf(document: string): Promise<string[]> {
  const text = await readFile(`${root}${document}`, 'utf8')
  return [...text.matchAll(/^```ts\n(.*?)^```$/gms)].map((match) => match[1]!)
}

/** Runs a program until it prints `last`, or ends; resolves with all it printed. For the test that runs. */
export async function run(name: string, source: string, last: string): Promise<string> {
  const folder = `${root}.cache/example-${name}-${process.pid}/`
  await mkdir(folder, { recursive: true })
  onTestFinished(() => rm(folder, { recursive: true }))
  const { code } = await transformWithOxc(source, `${name}.ts`)
  await writeFile(`${folder}${name}.mjs`, code)
  const child = spawn(process.execPath, [`${folder}${name}.mjs`], { cwd: folder })
  let printed = ''
  const read = (bytes: Buffer) => {
    printed += bytes
    if (printed.includes(last)) child.kill()
  }
  child.stdout.on('data', read)
  child.stderr.on('data', read)
  await new Promise((resolve) => child.once('close', resolve))
  return printed
}
