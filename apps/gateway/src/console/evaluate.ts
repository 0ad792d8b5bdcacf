// Runs what was typed, and shows what came of it.
import { inspect } from 'node:util'
import { type Context, createContext, Script } from 'node:vm'
import { asError } from '@ethspan/core'
import { cleanText } from '@ethspan/protocols'
import type { Namespaces } from './namespaces.js'

/** Characters of an error's text. */
const MAX_ERROR = 400
/** Items of a list that are shown; a node has less peers. */
const MAX_ITEMS = 1000

/** Thrown where more lines may make it whole. */
export class Incomplete extends Error {}

/** Where the console's code runs: plain JavaScript, the node's namespaces and `console.log`. */
export const makeContext = ({ objects }: Namespaces): Context =>
  createContext({ ...objects, console }, { name: 'ethspan', codeGeneration: { strings: false, wasm: false } })

/**
 * The value of `code`, which may be a promise.
 * @throws what the code throws; {Incomplete} where it ends too early
 */
export const evaluate = (code: string, context: Context, namespaces: Namespaces): unknown =>
  compile(withoutParentheses(code, namespaces)).runInContext(context, { breakOnSigint: true })

function compile(code: string): Script {
  const options = { filename: 'console' }
  // At the start of a line, { opens an object rather than a block: nobody types blocks.
  if (/^\s*\{/.test(code) && !/;\s*$/.test(code)) {
    try {
      return new Script(`(${code.trim()})`, options)
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error
    }
  }
  try {
    return new Script(code, options)
  } catch (error) {
    const isOpen = /^(Unexpected end of input|Unterminated template literal|missing \) after argument list)$/
    if (error instanceof SyntaxError && isOpen.test(error.message)) throw new Incomplete(error.message)
    throw error
  }
}

/** `admin.peers()` is what the RPC method's name suggests, so it works too. */
function withoutParentheses(code: string, { objects, isProperty }: Namespaces): string {
  return code.replace(/\b(\w+)\.(\w+)\s*\(\s*\)/g, (call, namespace: string, name: string) =>
    Object.hasOwn(objects, namespace) && isProperty(namespace, name) ? `${namespace}.${name}` : call,
  )
}

/** A value for people: readable, whatever a stranger put into it. */
export const show = (value: unknown, colors: boolean): string =>
  inspect(value, { depth: 8, colors, maxArrayLength: MAX_ITEMS, breakLength: 100, showProxy: false })

/** An error in one line. */
export function showError(thrown: unknown): string {
  // An error of the console's context is none of this one's.
  const isError = typeof thrown === 'object' && thrown !== null && 'message' in thrown
  const { name, message } = isError ? (thrown as Error) : asError(thrown)
  return cleanText(`${name || 'Error'}: ${message}`, MAX_ERROR)
}
