import { model } from './model.js'

export type ExternalStorageLocation = {
  uri?: string
  path?: string
}

export const ExternalStorageLocation = model<ExternalStorageLocation>('ExternalStorageLocation', { uri: 'string', path: 'string' })
