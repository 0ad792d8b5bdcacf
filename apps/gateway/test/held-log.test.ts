import { expect, test } from 'vitest'
import { holdLog } from '../src/held-log.js'

test('news wait for the release; warnings and what is for debugging do not', () => {
  const told: string[] = []
  const at = (level: string) => (message: string) => {
    told.push(`${level} ${message}`)
  }
  const log = holdLog({
    trace: at('trace'),
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
  })
  log.info('1')
  log.warn('2')
  log.debug('3')
  expect(told).toEqual(['warn 2', 'debug 3'])
  log.release()
  log.info('4')
  expect(told).toEqual(['warn 2', 'debug 3', 'info 1', 'info 4'])
})
