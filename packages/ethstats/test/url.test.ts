import { EthspanError } from '@ethspan/core'
import { describe, expect, test } from 'vitest'
import { parseStatsUrl } from '../src/index.js'

const both = (place: string) => [`wss://${place}/api`, `ws://${place}/api`]

describe('an ethstats URL', () => {
  test.each([
    ['node:secret@host:3000', 'node', 'secret', both('host:3000')],
    ['node:secret@stats.example.org', 'node', 'secret', both('stats.example.org')],
    ['node:secret@host:443', 'node', 'secret', both('host:443')],
    ['node:secret@10.0.0.1:80', 'node', 'secret', both('10.0.0.1:80')],
    ['node:secret@[::1]:3000', 'node', 'secret', both('[::1]:3000')],
    ['node:secret@[fe80::1]', 'node', 'secret', both('[fe80::1]')],
    ['node:secret@host:3000/', 'node', 'secret', both('host:3000')],
    ['node:secret@host/behind/a/proxy/', 'node', 'secret', both('host/behind/a/proxy')],
    ['my node: the 2nd:secret@host', 'my node: the 2nd', 'secret', both('host')],
    ['me@home:secret@host', 'me@home', 'secret', both('host')],
    ['Knoten Ä 🚉:geheim@host', 'Knoten Ä 🚉', 'geheim', both('host')],
    ['node:secret@ws://host:3000', 'node', 'secret', ['ws://host:3000/api']],
    ['node:secret@WSS://host', 'node', 'secret', ['wss://host/api']],
    ['wss://node:secret@host:3000', 'node', 'secret', ['wss://host:3000/api']],
  ])('%s', (text, name, secret, urls) => {
    expect(parseStatsUrl(text)).toEqual({ name, secret, urls })
  })

  test.each([
    ['', 'no @'],
    ['host:3000', 'no @'],
    ['node@host:3000', 'no :'],
    [':secret@host', 'name'],
    [' node:secret@host', 'name'],
    ['no\u200bde:secret@host', 'name'],
    ['no\nde:secret@host', 'name'],
    [`${'n'.repeat(65)}:secret@host`, 'name'],
    ['node:@host', 'secret is empty'],
    ['node:secret@', 'host is missing'],
    ['node:secret@host:0', 'port'],
    ['node:secret@host:70000', 'port'],
    ['node:secret@host:port', 'port'],
    ['node:secret@host:', 'port'],
    ['node:secret@[::1]:x', 'port'],
    ['node:secret@ho st', 'behind the @'],
    ['node:secret@host?x=1', 'behind the @'],
    ['node:secret@host#x', 'behind the @'],
    ['node:secret@[::1', 'host'],
    ['node:secret@http://host', 'http:// is not'],
    ['https://node:secret@host', 'https:// is not'],
    ['ws://node:secret@wss://host', 'both'],
  ])('%j is refused in one line that does not tell the secret', (text, why) => {
    const error = (() => {
      try {
        parseStatsUrl(text)
      } catch (thrown) {
        return thrown as EthspanError
      }
      throw new Error('it was taken')
    })()
    expect(error).toBeInstanceOf(EthspanError)
    expect(error.code).toBe('ERR_INVALID_OPTION')
    expect(error.message).toContain(why)
    expect(error.message).not.toContain('\n')
    expect(error.message.replace('name:secret@host:port', '').replace('secret is empty', '')).not.toContain('secret@')
    expect(error.hint).toMatch(/^Such as .*\.$/)
  })
})
