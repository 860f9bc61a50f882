// Writes the C that SDEverywhere makes of a model: node generate.mjs MODEL SPEC NAME FOLDER
import fs from 'node:fs'
import path from 'node:path'
import XLSX from 'xlsx'

// The registry's version of this package finds the file system by itself.
XLSX.set_fs ??= () => {}
const { parseAndGenerate } = await import('@sdeverywhere/compile')

const [, , model, spec, name, folder] = process.argv
const text = fs.readFileSync(model, 'utf8')
const home = path.dirname(model)
await parseAndGenerate(text, 'vensim', JSON.parse(spec), ['generateC'], home, name, folder)
