import { run } from './run.js'

const code = await run(process.argv.slice(2))
// It may say already that the output is not whole.
process.exitCode ||= code
