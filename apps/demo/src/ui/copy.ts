/** Copies `text`; false when the browser refuses. On plain http there is no `navigator.clipboard`, but a selection can be copied. */
export async function copyText(text: string): Promise<boolean> {
  if (navigator.clipboard !== undefined) {
    try {
      await navigator.clipboard.writeText(text)
      return true
    } catch (error) {
      console.info('The clipboard was refused; trying the selection instead.', error)
    }
  }
  const focused = document.activeElement
  const field = document.createElement('textarea')
  field.value = text
  field.readOnly = true
  field.className = 'offscreen'
  // While a dialog is open, all outside of it is inert and can not be selected.
  const place = focused?.closest('dialog') ?? document.body
  place.append(field)
  field.select()
  field.setSelectionRange(0, text.length)
  const copied = document.execCommand('copy')
  field.remove()
  if (focused instanceof HTMLElement) focused.focus()
  return copied
}
