import type { ExecResult, PrecompileFunc, PrecompileInput } from '@ethereumjs/evm'

/** One that goes in pieces. `rest` is to be awaited between two of them, and throws where the call is to end. */
export type Precompile = (
  input: PrecompileInput,
  library: PrecompileFunc,
  rest: () => Promise<void>,
) => Promise<ExecResult> | ExecResult
