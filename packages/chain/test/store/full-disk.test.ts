// A real disk that is full, in a process of its own, from the built packages.
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

const program = fileURLToPath(new URL('./full-disk-process.mjs', import.meta.url))

test('a full disk is told in one line, loses nothing, and the chain goes on once there is room and it is opened anew', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [program])
  const seen = JSON.parse(stdout)
  const error = {
    code: 'ERR_DATA_DIR',
    message: "can't write the chain's store: no space left",
    hint: 'Free some space and start again. All that was kept before is there.',
  }
  expect(seen).toEqual({
    kind: expect.stringMatching(/^(full|limited)$/),
    full: error,
    unreadable: [],
    // Not even once there is room: the store would count as written what it drops at the next start.
    again: error,
    freed: error,
    other: 'LEVEL_IO_ERROR',
    stayed: true,
    lost: '0',
    unreadableNext: [],
    goesOn: null,
    grown: '30',
    unreadableLast: [],
  })
}, 60_000)
