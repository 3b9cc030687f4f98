"""Push notifications of mobile and web apps: APNs, FCM and web push."""
