"""Models of any size: regions that grow, trade with all others, and use what they have."""

from __future__ import annotations

TABLE = "(0,1.32),(0.25,1.18),(0.5,1.04),(0.8,0.93),(1.1,0.81),(1.5,0.66),(2,0.52)"
EQUATIONS = (
    "stock[r] = INTEG(made[r] - used[r] - worn[r], first stock[r])",
    "first stock[r] = 80 + 0.01 * place[r]",
    "skill[r] = INTEG(learnt[r] - lost[r], 1)",
    "learnt[r] = 0.021 * effort[r]",
    "lost[r] = 0.011 * skill[r] * skill[r]",
    "effort[r] = pressure table(fullness[r])",
    "fullness[r] = stock[r] / wanted stock[r]",
    "wanted stock[r] = 6.5 * smoothed use[r]",
    "smoothed use[r] = SMOOTHI(used[r], 3.5, 14)",
    "made[r] = capacity[r] * effort[r] * skill[r]",
    "capacity[r] = INTEG(built[r] - scrapped[r], 15)",
    "built[r] = DELAY3(orders[r], 2.5)",
    "orders[r] = MAX(0, scrapped[r] + 0.09 * (needed capacity[r] - capacity[r]))",
    "needed capacity[r] = smoothed use[r] / skill[r] * policy",
    "scrapped[r] = capacity[r] / 17.5",
    "used[r] = people[r] * taste[r] * hunger table(price[r])",
    "taste[r] = 0.12 + 0.00001 * place[r]",
    "people[r] = INTEG(people[r] * growth[r], 100)",
    "growth[r] = 0.012 - 0.00004 * (people[r] - 100)",
    "price[r] = 1 / (0.4 + 0.6 * fullness[r])",
    "worn[r] = 0.013 * stock[r]",
    "waste[r] = 0.07 * used[r] + worn[r]",
    "soil[r] = INTEG(waste[r] - soil[r] / 22.5, 5)",
    "harm[r] = soil[r] / (soil[r] + 40)",
    "welfare[r] = used[r] / people[r] * (1 - harm[r])",
)
"""25 scalars for each region."""
OUTPUTS = ("all stock", "all people", "all soil", "least welfare", "mean price")
VARYING = ("policy",)


def print_model(scalars: int) -> str:
    """Text of a model of about so many scalars."""
    regions = max(scalars // len(EQUATIONS), 2)
    lines = [f"r: (a1-a{regions})"]
    lines.append("place[r] = " + ", ".join(str(i) for i in range(regions)))
    lines += [f"{name} table([(0,0)-(2,2)],{TABLE})" for name in ("pressure", "hunger")]
    lines += [*EQUATIONS, "policy = 1.04"]
    lines += [f"all {name} = SUM({name}[r!])" for name in ("stock", "people", "soil")]
    lines += ["least welfare = VMIN(welfare[r!])", f"mean price = SUM(price[r!]) / {regions}"]
    lines += ["INITIAL TIME = 0", "FINAL TIME = 50", "TIME STEP = 0.25", "SAVEPER = 1"]
    return "{UTF-8}\n" + "".join(f"{line}\n\t~\t~\t|\n" for line in lines)
