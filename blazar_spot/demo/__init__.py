# SPDX-License-Identifier: Apache-2.0
"""A story on a real cloud: a reservation takes a GPU host back from spot instances.

Everybody in it acts as users do, through the cloud's own APIs; nothing here looks into our engine or its database.
`story` is the plot, `cast` are the people in it, `record` keeps what was seen, `verdict` judges it, and `screen` and
`lines` draw it. `blazar_spot.devcloud` brings up the stage.
"""
