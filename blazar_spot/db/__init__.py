# SPDX-License-Identifier: Apache-2.0
"""The database, and the only SQL there is.

``tables`` says what is stored, ``mapping`` how a value becomes a row, ``unit_of_work`` what can be asked in one
transaction, ``store`` opens transactions, ``failures`` turns what the database says into our errors, and ``migration``
brings a database up to date. Nothing here decides anything.
"""
