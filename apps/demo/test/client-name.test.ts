import { describe, expect, test } from 'vitest'
import { browserFamily, cleanNickname, displayName, parseClientName, tabName } from '../src/text/client-name.js'
import { nicknameOf } from '../src/text/nickname.js'

describe('parseClientName', () => {
  test.each([
    ['Geth/v1.17.10-stable/linux-amd64/go1.26', { client: 'Geth', identity: '', version: 'v1.17.10-stable' }],
    ['Geth/ada/v1.17.10/linux', { client: 'Geth', identity: 'ada', version: 'v1.17.10' }],
    ['reth/2.0.1/x86_64', { client: 'reth', identity: '', version: '2.0.1' }],
    ['plain', { client: 'plain', identity: '', version: '' }],
    ['', { client: '', identity: '', version: '' }],
  ])('reads %s', (name, parts) => expect(parseClientName(name)).toEqual(parts))

  test('reads back what a tab calls itself', () => {
    expect(parseClientName(tabName('jade-owl', '0.1.0', 'firefox'))).toEqual({
      client: 'ethspan-tab',
      identity: 'jade-owl',
      version: 'v0.1.0',
    })
  })

  test('bounds and cleans every part', () => {
    const { client, identity, version } = parseClientName(`${'a'.repeat(5000)}/\u202eb/\u0000`)
    expect(client.length).toBeLessThanOrEqual(64)
    expect([identity, version]).toEqual(['', ''])
    expect(parseClientName('a/\u202eb/v1').identity).toBe('�b')
  })
})

test('a node is called by its owner’s name, else by its client', () => {
  expect(displayName('Geth/ada/v1.0.0')).toBe('ada')
  expect(displayName('Geth/v1.0.0')).toBe('Geth')
  expect(displayName('')).toBe('nameless')
})

describe('cleanNickname', () => {
  test('stays one part of the client name', () => expect(cleanNickname(' a/b ')).toBe('a b'))
  test('refuses what would be nothing or a version', () => {
    expect(cleanNickname(' \u200b ')).toBeUndefined()
    expect(cleanNickname('v1.2')).toBeUndefined()
  })
})

test('names the common browsers', () => {
  expect(browserFamily('Mozilla/5.0 (X11; Linux) Gecko/20100101 Firefox/140.0')).toBe('firefox')
  expect(browserFamily('Mozilla/5.0 AppleWebKit/537.36 Chrome/147.0.0.0 Safari/537.36')).toBe('chromium')
  expect(browserFamily('Mozilla/5.0 (iPhone) AppleWebKit/605.1 Version/18.0 Safari/604.1')).toBe('safari')
  expect(browserFamily('curl/8')).toBe('browser')
})

test('an id always gives the same nickname, another id most likely another', () => {
  expect(nicknameOf('0000ab')).toBe('amber-badger')
  expect(nicknameOf('ffff00')).toBe('teal-wren')
  expect(nicknameOf('9f2c41')).toBe(nicknameOf('9f2c99'))
})
