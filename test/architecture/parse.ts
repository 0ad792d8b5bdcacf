// What a rule needs to know of one file: which modules it names, types included, and which names it takes from outside.
import { parseSync, Visitor } from 'oxc-parser'

export interface ImportSite {
  /** As it is written, such as `./frame.js`, `#crypto` or `node:net`. */
  readonly specifier: string
  readonly line: number
}

export interface ParsedFile {
  readonly imports: readonly ImportSite[]
  /** Names used as values or types, members and keys left out. A local variable counts like a global of its name. */
  readonly names: ReadonlyMap<string, number>
}

/** @throws for a file that is not valid TypeScript or JavaScript */
export function parseFile(path: string, text: string): ParsedFile {
  const { program, errors } = parseSync(path, text)
  const [error] = errors
  if (error !== undefined) throw new Error(`${path}: ${error.message}`)

  const lineAt = (offset: number) => text.slice(0, offset).split('\n').length
  const imports: ImportSite[] = []
  const add = (node: { readonly type: string; readonly start: number; readonly value?: unknown } | null) => {
    if (typeof node?.value === 'string') imports.push({ specifier: node.value, line: lineAt(node.start) })
  }
  const identifiers: { name: string; start: number }[] = []
  const keys = new Set<number>()
  const key = (node: { computed: boolean; key: { start: number } }) => {
    if (!node.computed) keys.add(node.key.start)
  }
  new Visitor({
    ImportDeclaration: (node) => add(node.source),
    ExportAllDeclaration: (node) => add(node.source),
    ExportNamedDeclaration: (node) => add(node.source),
    ImportExpression: (node) => add(node.source),
    TSImportType: (node) => add(node.source),
    TSExternalModuleReference: (node) => add(node.expression),
    Identifier: (node) => {
      identifiers.push(node)
    },
    MemberExpression: (node) => {
      if (!node.computed) keys.add(node.property.start)
    },
    Property: key,
    MethodDefinition: key,
    PropertyDefinition: key,
    TSPropertySignature: key,
    TSMethodSignature: key,
  }).visit(program)

  const names = new Map<string, number>()
  for (const { name, start } of identifiers) if (!keys.has(start) && !names.has(name)) names.set(name, lineAt(start))
  return { imports, names }
}
