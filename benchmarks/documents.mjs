// The measured tables in the documents: they stand between markers and are written by the run that measured them.
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

export function writeBetweenMarkers(file, marker, introduction, table) {
  const path = fileURLToPath(new URL(`../${file}`, import.meta.url))
  const text = readFileSync(path, 'utf8')
  const [open, close] = [`<!-- ${marker} -->`, `<!-- /${marker} -->`]
  const from = text.indexOf(open)
  const to = text.indexOf(close)
  if (from < 0 || to < from) throw new Error(`${file}: expected the markers ${open} and ${close}, in this order`)
  writeFileSync(path, `${text.slice(0, from + open.length)}\n${wrapped(introduction)}\n\n${table}\n${text.slice(to)}`)
}

const widthMax = 150

function wrapped(text) {
  const lines = ['']
  for (const word of text.split(' ')) {
    if (lines.at(-1).length + word.length >= widthMax) lines.push(word)
    else lines.push(`${lines.pop()} ${word}`.trimStart())
  }
  return lines.join('\n')
}
