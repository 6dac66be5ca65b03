"""The composition root and the editorial shell: settings, addresses, accounts, pages."""
