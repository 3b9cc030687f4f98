/**
 * Answers to quick replies, buttons and forms, as `interactiveData` carries them.
 * @module interactive
 */
import { demand } from './errors.js';

const CHECKS = {
  integer: (value) => /^[+-]?\d+$/.test(value),
  decimal: (value) => /^[+-]?\d+([.,]\d+)?$/.test(value),
  email: (value) => /^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(value),
  date: (value) => !Number.isNaN(Date.parse(value)),
};

/**
 * @param {import('./messages.js').Message} message
 * @param {{identifier?: string, title?: string, payload?: unknown}} option of its quick replies
 */
export function quickReply(message, option) {
  demand(!!message.quickReplies?.options?.length, 'The message has no quick replies.');
  return {
    type: 'quickReplyPostback',
    reference: message.quickReplies.reference ?? '',
    ...named(option),
  };
}

/** @param {{identifier?: string, title?: string, payload?: unknown}} button of a template */
export function postback(button) {
  return { type: 'templatePostback', ...named(button) };
}

/**
 * @param {import('./messages.js').Message} message with a form among its attachments
 * @param {Record<string, string>} values by the names of the fields
 */
export function formResponse(message, values) {
  const form = message.attachments.find(({ fields }) => Array.isArray(fields));
  demand(!!form, 'The message has no form.');
  for (const { name, label = name, type, mandatory } of form.fields) {
    const value = values[name] ?? '';
    demand(!mandatory || value !== '', `Enter ${label}.`);
    demand(value === '' || (CHECKS[type]?.(value) ?? true), `${label} is not of type ${type}.`);
  }
  return { type: 'formResponse', identifier: form.identifier ?? '', payload: values };
}

function named({ identifier = '', title = '', payload = '' }) {
  return { identifier, title, payload };
}
