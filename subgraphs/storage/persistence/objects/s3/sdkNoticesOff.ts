// The SDK would print on every start which Node.js it will need some day: that is for whoever upgrades it, not for operators.
process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] = 'true';
