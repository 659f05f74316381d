"""This function greets whoever calls it, counts its calls, and says so when its instance ends.

    lull deploy NAME .
    lull invoke NAME -d Ada
"""

calls = 0  # lives as long as the instance


def handler(event, context):
    global calls
    calls += 1
    name = event.decode()
    if not name:
        raise ValueError("whom shall I greet? send a name")
    return f"hello {name}\n"


def pre_stop(context):
    print(f"stopping calls={calls}")
