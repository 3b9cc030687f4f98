"""Push notifications: credentials, key files, and clients of APNs, FCM and web push."""
