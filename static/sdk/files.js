/**
 * Files that go with messages.
 * @module files
 */
import { demand } from './errors.js';

/** @param {{file: string, mediaId: string, contentType: string, size: number, preview?: string}} answer */
export function attachmentOf({ file, mediaId, contentType, size, preview }) {
  return { file, mediaId, contentType, size, ...(preview ? { preview } : {}) };
}

/** Files of one app. */
export class Files {
  #appId;
  #registration;
  #called;
  #rest;

  /**
   * @param {string} appId
   * @param {import('./registration.js').Registration} registration
   * @param {(call: () => Promise<any>) => Promise<any>} called
   * @param {import('./rest.js').Rest} rest
   */
  constructor(appId, registration, called, rest) {
    this.#appId = appId;
    this.#registration = registration;
    this.#called = called;
    this.#rest = rest;
  }

  /**
   * @param {Blob} file
   * @param {boolean} preview
   */
  async upload(file, preview) {
    const path = `/media/${this.#appId}/upload?previewRequired=${preview}&fileUrlRequired=true`;
    const { clientId } = this.#registration;
    return attachmentOf(
      await this.#called(() => {
        const form = new FormData();
        form.append('clientId', clientId);
        form.append('media', file);
        return this.#rest.upload(path, form);
      }),
    );
  }

  /** @param {string} url */
  async refresh(url) {
    demand(!!url, 'Give the address of the file.');
    const { userId } = this.#registration.need();
    const path = `/${this.#appId}/user/${encodeURIComponent(userId)}/generatemedia`;
    return attachmentOf(await this.#called(() => this.#rest.post(path, { url })));
  }
}
