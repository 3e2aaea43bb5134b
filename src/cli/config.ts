// Where settings come from: flags before environment before config file before defaults. Each is checked where it was given,
// so that a complaint names the flag, the variable, or the key and its file.
import { readFile } from 'node:fs/promises'
import { Option } from 'commander'
import { parse } from 'smol-toml'
import { ConfigFileError, InvalidSettingError } from './errors.ts'
import { SETTINGS, flagOf, keyOf, variablesOf } from './settings.ts'
import type { Command } from 'commander'
import type { Settings, SettingName } from './settings.ts'

export interface ConfigSources {
  /** As commander gives them, by the camelCase name of the flag. */
  flags: Readonly<Record<string, unknown>>
  env: Readonly<Record<string, string | undefined>>
}

/** What a command may do otherwise than others. */
export interface SettingsUse {
  /** Settings read from their flags alone: in a variable or the file they are those of a daemon. */
  flagsOnly?: readonly SettingName[]
}

const FILE_VARIABLE = 'BYWAY_CONFIG'
const MAX_FILE_BYTES = 65_536
/** One file serves all commands: each passes over what is for others, and complains of what none knows. */
const ALL_KEYS: ReadonlySet<string> = new Set((Object.keys(SETTINGS) as SettingName[]).map(keyOf))
const TRUTH: Record<string, boolean> = { true: true, yes: true, 1: true, false: false, no: false, 0: false }

/** Gives a command the flags of these settings, and `--config`. */
export function addSettings (command: Command, names: readonly SettingName[], { flagsOnly = [] }: SettingsUse = {}): Command {
  for (const name of names) {
    const { shape, placeholder = 'value', about, isFileOnly = false }: typeof SETTINGS[SettingName] & { isFileOnly?: boolean, placeholder?: string } = SETTINGS[name]
    if (isFileOnly) {
      continue
    }
    const isRepeatable = shape === 'list' || shape === 'table'
    const help = [about, ...(flagsOnly.includes(name) ? ['only as a flag'] : []), ...(isRepeatable ? ['repeat it for more'] : [])].join('; ')
    const option = new Option(shape === 'switch' ? flagOf(name) : `${flagOf(name)} <${placeholder}>`, help)
    if (isRepeatable) {
      option.argParser((text: string, before: string[] | undefined) => [...before ?? [], ...itemsOf(text)])
    }
    command.addOption(option)
  }
  return command.addOption(new Option('--config <file>', `settings as TOML: ${names.filter((name) => !flagsOnly.includes(name)).map(keyOf).join(', ')}`))
}

/**
 * The settings of a command, those that were given anywhere.
 *
 * @throws InvalidSettingError, ConfigFileError
 */
export async function readSettings<Name extends SettingName> (names: readonly Name[], { flags, env }: ConfigSources, { flagsOnly = [] }: SettingsUse = {}): Promise<Partial<Pick<Settings, Name>>> {
  const file = typeof flags.config === 'string' ? flags.config : env[FILE_VARIABLE]
  const keys = names.filter((name) => !flagsOnly.includes(name)).map(keyOf)
  const fromFile = file === undefined || file === '' ? {} : await readConfigFile(file, keys)
  const settings: Partial<Record<SettingName, unknown>> = {}
  for (const name of names) {
    const flag = flags[flagOf(name).slice(2).replace(/-./g, (dashed) => dashed[1].toUpperCase())]
    const variable = variablesOf(name).find((each) => env[each] !== undefined && env[each] !== '')
    if (flag !== undefined) {
      settings[name] = check(name, flagOf(name), SETTINGS[name].shape === 'table' ? tableOf(flag as string[]) : flag)
    } else if (flagsOnly.includes(name)) {
      continue
    } else if (variable !== undefined) {
      settings[name] = check(name, variable, fromVariable(name, env[variable] as string))
    } else if (fromFile[keyOf(name)] !== undefined) {
      settings[name] = check(name, `${keyOf(name)} in ${file as string}`, fromFile[keyOf(name)])
    }
  }
  return settings as Partial<Pick<Settings, Name>>
}

async function readConfigFile (file: string, keys: readonly string[]): Promise<Record<string, unknown>> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new ConfigFileError(file, error.code === 'ENOENT' ? 'there is no such file' : error.message, { cause: error })
  })
  if (text.length > MAX_FILE_BYTES) {
    throw new ConfigFileError(file, `it has ${text.length} characters where ${MAX_FILE_BYTES} are enough: is it the right file?`)
  }
  const table = parseToml(file, text)
  for (const key of Object.keys(table)) {
    if (!ALL_KEYS.has(key)) {
      throw new ConfigFileError(file, `unknown key "${key}"; this command knows ${keys.join(', ')}`)
    }
  }
  return table
}

function parseToml (file: string, text: string): Record<string, unknown> {
  try {
    return parse(text)
  } catch (error) {
    throw new ConfigFileError(file, `this is not TOML: ${(error as Error).message}`, { cause: error })
  }
}

/** A variable holds text only: lists and tables are separated by commas or blanks. */
function fromVariable (name: SettingName, text: string): unknown {
  switch (SETTINGS[name].shape) {
    case 'switch': return TRUTH[text.toLowerCase()] ?? text
    case 'list': return itemsOf(text)
    case 'table': return tableOf(itemsOf(text))
    default: return text
  }
}

function itemsOf (text: string): string[] {
  return text.split(/[\s,]+/).filter((item) => item !== '')
}

function tableOf (pairs: readonly string[]): Record<string, string> {
  return Object.fromEntries(pairs.map((pair) => {
    const at = pair.indexOf('=')
    return at < 0 ? [pair, ''] : [pair.slice(0, at), pair.slice(at + 1)]
  }))
}

function check (name: SettingName, where: string, value: unknown): unknown {
  const result = SETTINGS[name].schema.safeParse(value)
  if (!result.success) {
    const [item] = result.error.issues[0]?.path ?? []
    const culprit = Array.isArray(value) && typeof item === 'number' ? value[item] as unknown : value
    throw new InvalidSettingError(where, `expected ${SETTINGS[name].expected}; got ${shown(culprit)}`)
  }
  return result.data
}

function shown (value: unknown): string {
  const text = JSON.stringify(value, (_, inner: unknown) => typeof inner === 'bigint' ? String(inner) : inner) ?? String(value)
  return text.length > 80 ? `${text.slice(0, 79)}…` : text
}
