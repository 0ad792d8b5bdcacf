import { spawn } from 'node:child_process'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { transformWithOxc } from 'vite'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

// The examples run as a user's program would: from a file in the checkout, with the built packages.
const root = fileURLToPath(new URL('../../', import.meta.url))
const folder = `${root}.cache/readme-${process.pid}/`

async function examples(): Promise<string[]> {
  const text = await readFile(`${root}README.md`, 'utf8')
  return [...text.matchAll(/^```ts\n(.*?)^```$/gms)].map((match) => match[1])
}

/** Runs a program until it prints `last`, or ends; resolves with all it printed. */
async function run(name: string, source: string, last: string): Promise<string> {
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

describe("the README's examples", async () => {
  const [protocol, browser, listener] = await examples()
  beforeAll(async () => void (await mkdir(folder, { recursive: true })))
  afterAll(async () => await rm(folder, { recursive: true }))

  test('are the three that are run here', async () => {
    expect(await examples()).toHaveLength(3)
  })

  test('the protocol: two servers meet and one answers the other', async () => {
    const printed = await run('protocol', protocol, 'answered')
    expect(printed).toContain('bob met alice')
    expect(printed).toContain('bob answered with 6 bytes')
  })

  test('the tab: dials, and says why that fails where nobody listens', async () => {
    const nobody = `enode+ws://79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8@127.0.0.1:1/p2p`
    const started = `${browser}\nawait startInTab('${nobody}')`
    expect(await run('browser', started, '127.0.0.1:1')).toMatch(/127\.0\.0\.1:1/)
  })

  test('the listener: prints its WebSocket address and ends', async () => {
    expect(await run('listener', listener, 'never')).toMatch(/^enode\+ws:\/\/[0-9a-f]{128}@127\.0\.0\.1:\d+\/p2p\n$/)
  })
})
