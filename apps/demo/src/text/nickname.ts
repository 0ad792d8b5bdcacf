// A tab nobody has named gets a name out of its node id, so that two tabs can be told apart at a glance.

const colours = (
  'amber azure birch bronze cedar cobalt copper coral ember fern flint hazel indigo ivory jade linen ' +
  'maple mint moss ochre olive onyx opal pearl pine quartz rose rust saffron sage slate teal'
).split(' ')
const animals = (
  'badger bison crane curlew dipper dove egret falcon finch gecko hare heron ibex ibis jay kestrel ' +
  'lark lemur lynx marten mole newt otter owl plover puffin raven robin seal stoat swift wren'
).split(' ')

/** `amber-otter`: one of 1024 names, always the same for the same id (hex digits). */
export function nicknameOf(id: string): string {
  const bits = Number.parseInt(id.slice(0, 4), 16)
  return `${colours[bits & 31]}-${animals[(bits >> 5) & 31]}`
}
