"""The whole machine on one page. Read from top to bottom, this is the architecture."""

from typing import Any, Literal

from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph

from graph import nodes
from graph.deps import Deps
from graph.state import State


def after_scout(state: State) -> Literal["produce", "steer"]:
    return "produce" if state["assignments"] else "steer"


def after_steer(state: State) -> Literal["scout", "review", "publish", "__end__"]:
    match state["stop"]:
        case "":
            return "scout"
        case "review":
            return "review"
        case "target":
            return "publish"
        case _:
            return "__end__"


def after_publish(state: State) -> Literal["train", "__end__"]:
    return "train" if state["training"] else "__end__"


def after_examine(state: State) -> Literal["scout", "__end__"]:
    """With gaps to fill the loop goes on; the target has grown."""
    return "__end__" if state["stop"] else "scout"


def _wire() -> StateGraph[State, Deps, State, State]:
    graph = StateGraph(State, context_schema=Deps)
    graph.add_node("read", nodes.read)
    graph.add_node("scout", nodes.scout)
    graph.add_node("produce", nodes.produce)
    graph.add_node("steer", nodes.steer)
    graph.add_node("review", nodes.review)
    graph.add_node("publish", nodes.publish)
    graph.add_node("train", nodes.train)
    graph.add_node("examine", nodes.examine)

    graph.add_edge(START, "read")
    graph.add_edge("read", "scout")
    graph.add_conditional_edges("scout", after_scout, ["produce", "steer"])
    graph.add_edge("produce", "steer")
    graph.add_conditional_edges("steer", after_steer, ["scout", "review", "publish", END])
    graph.add_edge("review", "steer")
    graph.add_conditional_edges("publish", after_publish)
    graph.add_edge("train", "examine")
    graph.add_conditional_edges("examine", after_examine)
    return graph


builder = _wire()
"""For LangGraph Studio, which brings its own checkpointer (see langgraph.json)."""


def build_graph(
    checkpointer: BaseCheckpointSaver[Any],
) -> CompiledStateGraph[State, Deps, State, State]:
    return builder.compile(checkpointer=checkpointer, name="inscape")
