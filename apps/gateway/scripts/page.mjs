// `npm pack` puts the built page into the package: `add` before, `remove` after, so that a checkout serves the demo's own.
import { cpSync, existsSync, rmSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const built = fileURLToPath(new URL('../../demo/dist/site', import.meta.url))
const copy = fileURLToPath(new URL('../page', import.meta.url))

rmSync(copy, { recursive: true, force: true })
if (process.argv[2] === 'add') {
  if (!existsSync(built)) {
    console.error('ethspan: the page is not built yet; run npm run build first')
    process.exit(1)
  }
  cpSync(built, copy, { recursive: true })
}
