import { settle } from '@ethspan/core/testing'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { TX_ARRIVE_TIMEOUT_MS, TX_FETCH_TIMEOUT_MS } from '../../src/limits.js'
import { type Ask, delivered, setUp, transaction } from './fetcher-rig.js'

test('no transaction is asked of two at once, and all that somebody has comes in the end, whatever peers do', async () => {
  const peers = ['A', 'B', 'C', 'D']
  const step = fc.oneof(
    {
      weight: 5,
      arbitrary: fc.record({ announce: fc.constantFrom(...peers), indexes: fc.array(fc.nat(30), { maxLength: 12 }) }),
    },
    {
      weight: 4,
      arbitrary: fc.record({ answer: fc.constantFrom(...peers), part: fc.double({ min: 0, max: 1, noNaN: true }) }),
    },
    { weight: 2, arbitrary: fc.record({ advance: fc.integer({ min: 1, max: 6000 }) }) },
    { weight: 1, arbitrary: fc.record({ leave: fc.constantFrom(...peers) }) },
    { weight: 1, arbitrary: fc.record({ come: fc.integer({ min: 0, max: 40 }) }) },
  )
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const rig = setUp(...peers)
      const { clock, asks, fetcher, announce } = rig
      const here = new Set<number>()
      /** Requests without an answer. */
      const open = new Set<Ask>()
      let seen = 0
      const look = () => {
        for (const ask of asks.slice(seen)) {
          // One at a time of each peer, and none that another has still time to answer.
          for (const other of open) {
            expect(other.peer).not.toBe(ask.peer)
            const isLate = ask.at - other.at >= TX_FETCH_TIMEOUT_MS - 100
            if (!isLate)
              expect(other.indexes.filter((index) => ask.indexes.includes(index) && !here.has(index))).toEqual([])
          }
          open.add(ask)
        }
        seen = asks.length
      }
      const resolve = async (ask: Ask, indexes: number[]) => {
        for (const index of indexes) here.add(index)
        open.delete(ask)
        ask.answer.resolve(indexes.map((index) => transaction(index)))
        await settle()
        look()
      }
      for (const what of steps) {
        if ('announce' in what) {
          fetcher.addPeer(what.announce)
          announce(
            what.announce,
            [...new Set(what.indexes)].filter((index) => !here.has(index)),
          )
        } else if ('answer' in what) {
          const ask = [...open].find(({ peer }) => peer === what.answer)
          if (ask !== undefined) await resolve(ask, ask.indexes.slice(0, Math.ceil(ask.indexes.length * what.part)))
        } else if ('advance' in what) await clock.advance(what.advance)
        else if ('leave' in what) {
          for (const ask of open) if (ask.peer === what.leave) open.delete(ask)
          fetcher.removePeer(what.leave)
        } else {
          here.add(what.come)
          fetcher.delivered([delivered(transaction(what.come))])
        }
        look()
      }
      // Everybody answers from now on.
      for (let i = 0; i < 200; i++) {
        await clock.advance(TX_ARRIVE_TIMEOUT_MS)
        look()
        for (const ask of [...open]) await resolve(ask, [...ask.indexes])
      }
      expect(fetcher.counts()).toEqual({ waiting: 0, queued: 0, fetching: 0 })
      expect(clock.pendingTimers).toBe(0)
    }),
    { numRuns: 40 },
  )
}, 60_000)
