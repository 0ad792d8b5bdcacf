import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { readConfigFile } from '../../src/data-dir/index.js'
import { temporaryFolder } from './support.js'

function config(text: string): string {
  const file = path.join(temporaryFolder(), 'ethspan.toml')
  writeFileSync(file, text)
  return file
}

test('keys are the names of the flags, in tables or in full', () => {
  const file = config(`
    maxpeers = 25
    identity = "mine"
    peers = ["enode://a", "enode://b"]
    "log.format" = "json"

    [web]
    port = 8547
    addr = "0.0.0.0"

    [http]
    enabled = true
    port = 8545
    [authrpc]
    jwtsecret = "/secret"
  `)
  expect(readConfigFile(file)).toEqual({
    maxpeers: 25,
    identity: 'mine',
    peers: ['enode://a', 'enode://b'],
    'log.format': 'json',
    'web.port': 8547,
    'web.addr': '0.0.0.0',
    http: true,
    'http.port': 8545,
    'authrpc.jwtsecret': '/secret',
  })
})

test('an empty file sets nothing', () => {
  expect(readConfigFile(config(''))).toEqual({})
})

test.each([
  ['a line that is none', 'port = 1\nport2 1\n', /ethspan\.toml:2:\d+: \S.*$/],
  ['a key that stands twice', 'port = 1\nport = 2\n', /ethspan\.toml:2:\d+: \S.*$/],
  ['a flag that is set in two ways', '"web.port" = 1\n[web]\nport = 2\n', /ethspan\.toml: "web\.port" is set twice$/],
])('%s is named in one line', (_, text, message) => {
  const read = () => readConfigFile(config(text))
  expect(read).toThrow(expect.objectContaining({ code: 'ERR_INVALID_OPTION', message: expect.stringMatching(message) }))
  expect(read).toThrow(expect.objectContaining({ message: expect.not.stringContaining('\n') }))
})

test('names of JavaScript’s own are keys like others', () => {
  expect(Object.keys(readConfigFile(config('constructor = 1\n["__proto__"]\nx = 2\n')))).toEqual([
    'constructor',
    '__proto__.x',
  ])
})

test('a file that is not there, and a folder', () => {
  const folder = temporaryFolder()
  const missing = path.join(folder, 'no.toml')
  expect(() => readConfigFile(missing)).toThrow(`can't read the config file ${missing}: it does not exist`)
  expect(() => readConfigFile(folder)).toThrow(`can't read the config file ${folder}: it is a directory`)
})
